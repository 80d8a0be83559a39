// The interface of engines for image networks, which PixelNetwork uses.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/activation_ranges.h"
#include "model/precision.h"

namespace vitrine::engine {

using model::name_of;
using model::Precision;

/// Thread-safe: several threads may call run().
class NetworkEngine {
 public:
  virtual ~NetworkEngine() = default;
  virtual int width() const = 0;
  virtual int height() const = 0;

  /// K numbers for each image, image by image. `pixels` holds `count` images, RGB, row by row,
  /// without padding. `threads`: the number of cores that this call may use. Throws
  /// Error(bad_model) if the graph fails.
  virtual std::vector<float> run(std::span<const std::uint8_t> pixels, std::size_t count,
                                 std::size_t threads) const = 0;

  virtual Precision precision() const { return Precision::f32; }

  /// False after run() found that the graph accepts only one image at a time; it then runs images
  /// one by one.
  virtual bool takes_batches() const { return true; }

  /// For `inspect`: "compiled: oneDNN 3.7, bf16".
  virtual std::string name() const = 0;
};

/// A precision to use if the processor supports it.
struct PrecisionChoice {
  Precision precision = Precision::f32;
  std::size_t skip_first_layers = 0;                ///< see NetworkOptions
  const model::ActivationRanges* ranges = nullptr;  ///< for int8
};

struct NetworkOptions {
  const ::onnx::ModelProto& model;
  std::string output;  ///< name of the graph's output
  Precision precision = Precision::f32;
  std::size_t threads = 1;  ///< threads of the first call, for which the engine prepares
  const model::ActivationRanges* ranges = nullptr;  ///< for int8
  std::string_view bytes;  ///< the file, if `model` is an outline (onnx/outline.h)
  /// bf16: the number of convolutions, from the first, that compute in f32 (for int8 it is in
  /// `ranges`).
  std::size_t skip_first_layers = 0;
};

/// Opens a network in the module lib/vitrine/libvitrine-cnn.so, which links oneDNN. Returns null
/// and sets `why` if the graph contains something unsupported or the module can't be loaded.
std::unique_ptr<NetworkEngine> open_compiled_network(const NetworkOptions& request,
                                                     std::string& why);

/// Runs `count` images in f32 and measures the ranges of all values. Throws Error(bad_model) if the
/// network can't be compiled, and Error(failed) without the module.
model::ActivationRanges measure_ranges(const NetworkOptions& request,
                                       std::span<const std::uint8_t> pixels, std::size_t count);

/// Throws Error(failed) with the reason if the module can't be loaded.
void require_network_module();

/// True if this processor has instructions for this precision, which make it faster than f32.
/// False without the module.
bool processor_has(Precision precision);

/// The functions of the module.
struct NetworkEntryPoints {
  /// Throws Error(bad_model) for a graph that it can't run.
  std::unique_ptr<NetworkEngine> (*open)(const NetworkOptions& request);
  model::ActivationRanges (*measure_ranges)(const NetworkOptions& request,
                                            std::span<const std::uint8_t> pixels,
                                            std::size_t count);
  /// Whether this processor computes with bf16 or int8 faster than with f32.
  bool (*has)(Precision precision);
};

}  // namespace vitrine::engine
