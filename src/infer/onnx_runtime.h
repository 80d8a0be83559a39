// ONNX Runtime: runs any model, and is the oracle of every faster engine. It is a module,
// lib/vitrine/libvitrine-ort.so, that is loaded for the first model that needs it: 16 MB that a
// server of tables neither loads nor ships.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/version.h"
#include "infer/network_engine.h"
#include "infer/predictor.h"
#include "infer/tensor_model.h"

namespace vitrine {

/// What ONNX Runtime's optimiser may do to a graph. `off`: nodes run one by one as the file has
/// them. Slow, but independent of every rewriting: what the check before saving compares with.
enum class GraphRewriting { on, off };

/// A table's graph; see open_predictor. Throws Error(bad_model), as the two below.
std::unique_ptr<Predictor> open_onnx_runtime(const ModelFile& file,
                                             GraphRewriting rewriting = GraphRewriting::on);

/// A network of photos. `where` names it in errors.
std::unique_ptr<NetworkEngine> open_runtime_network(std::string_view bytes,
                                                    const std::string& output,
                                                    const std::string& where,
                                                    GraphRewriting rewriting = GraphRewriting::on);

/// Any graph as it is.
std::unique_ptr<TensorModel> open_runtime_tensors(std::string_view bytes, const std::string& where);

/// "1.21.0"
std::string onnx_runtime_version();

/// The module's doors. Of another build it is refused.
struct RuntimeDoors {
  std::unique_ptr<Predictor> (*predictor)(const ModelFile& file, GraphRewriting rewriting);
  std::unique_ptr<NetworkEngine> (*network)(std::string_view bytes, const std::string& output,
                                            const std::string& where, GraphRewriting rewriting);
  std::unique_ptr<TensorModel> (*tensors)(std::string_view bytes, const std::string& where);
  std::string (*version)();
};

inline std::string ort_build() {
  return std::string(kVersion) + "/" + std::to_string(sizeof(ModelFile)) + "/" +
         std::to_string(sizeof(Predictions)) + "/" + std::to_string(sizeof(Tensor));
}

}  // namespace vitrine
