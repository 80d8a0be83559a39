// ONNX Runtime runs any model, and is the reference in tests of the faster engines. It is in the
// module lib/vitrine/libvitrine-ort.so (16 MB), which is loaded for the first model that needs it;
// a server of table models neither loads nor ships it. All functions are thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/network_engine.h"
#include "engine/predictor.h"
#include "engine/tensor_model.h"

namespace vitrine::engine {

/// Whether ONNX Runtime's optimiser may rewrite the graph. `off`: nodes run one by one as in the
/// file. That is slow but not affected by errors of the optimiser; the check before saving uses it.
enum class GraphRewriting { on, off };

/// Opens a table classifier; see open_predictor. This and the two functions below throw
/// Error(bad_model) if the graph can't be run, and Error(failed) without the module.
std::unique_ptr<Predictor> open_onnx_runtime(const model::ModelFile& file,
                                             GraphRewriting rewriting = GraphRewriting::on);

/// Opens an image network. `where` names it in errors.
std::unique_ptr<NetworkEngine> open_runtime_network(std::string_view bytes,
                                                    const std::string& output,
                                                    const std::string& where,
                                                    GraphRewriting rewriting = GraphRewriting::on);

/// Opens any graph.
std::unique_ptr<TensorModel> open_runtime_tensors(std::string_view bytes, const std::string& where);

/// "1.21.0"
std::string onnx_runtime_version();

/// The functions of the module.
struct RuntimeEntryPoints {
  std::unique_ptr<Predictor> (*predictor)(const model::ModelFile& file, GraphRewriting rewriting);
  std::unique_ptr<NetworkEngine> (*network)(std::string_view bytes, const std::string& output,
                                            const std::string& where, GraphRewriting rewriting);
  std::unique_ptr<TensorModel> (*tensors)(std::string_view bytes, const std::string& where);
  std::string (*version)();
};

}  // namespace vitrine::engine
