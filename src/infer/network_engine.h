// Engines for networks of photos: what PixelNetwork runs on.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/version.h"
#include "model/activation_ranges.h"

namespace vitrine {

/// What numbers a network computes with.
enum class Precision { f32, bf16, int8 };

inline std::string_view name_of(Precision precision) {
  switch (precision) {
    case Precision::f32:
      return "f32";
    case Precision::bf16:
      return "bf16";
    case Precision::int8:
      return "int8";
  }
  unknown_kind("precision", precision);
}

/// f32 for names of a later version.
inline Precision precision_named(std::string_view name) {
  return name == "int8" ? Precision::int8 : name == "bf16" ? Precision::bf16 : Precision::f32;
}

/// Thread-safe: many threads may run it at once.
class NetworkEngine {
 public:
  virtual ~NetworkEngine() = default;
  virtual int width() const = 0;
  virtual int height() const = 0;

  /// K numbers a picture. `pixels` holds `count` pictures, RGB, row after row. `threads`: cores
  /// that this one call may use. Throws Error(bad_model) where the graph fails.
  virtual std::vector<float> run(std::span<const std::uint8_t> pixels, std::size_t count,
                                 std::size_t threads) const = 0;

  virtual Precision precision() const { return Precision::f32; }

  /// False once it was seen that the graph takes one picture at a time: run() then takes them
  /// apart.
  virtual bool takes_batches() const { return true; }

  /// For `inspect`: "compiled: oneDNN 3.7, bf16".
  virtual std::string name() const = 0;
};

/// What a network is to compute with, where the processor can.
struct PrecisionChoice {
  Precision precision = Precision::f32;
  std::size_t spared = 0;                    ///< see NetworkRequest
  const ActivationRanges* ranges = nullptr;  ///< for int8
};

struct NetworkRequest {
  const onnx::ModelProto& model;
  std::string output;  ///< the graph's value that is asked for
  Precision precision = Precision::f32;
  std::size_t threads = 1;  ///< of the first call: what it needs is made ready at once
  const ActivationRanges* ranges = nullptr;  ///< for int8
  std::string_view bytes;                    ///< of an outline (model/outline.h): its file's
  /// bf16: convolutions, from the first, that compute with f32 (int8 has its own in `ranges`).
  std::size_t spared = 0;
};

/// The engine of the module lib/vitrine/libvitrine-cnn.so, which brings oneDNN. Null where the
/// graph holds what it does not know, or the module is not there; `why` says so.
std::unique_ptr<NetworkEngine> open_compiled_network(const NetworkRequest& request,
                                                     std::string& why);

/// Runs `count` pictures in f32 and notes what its values are. Throws Error(bad_model) where the
/// network can't be compiled.
ActivationRanges measure_ranges(const NetworkRequest& request, std::span<const std::uint8_t> pixels,
                                std::size_t count);

/// Whether this processor computes with such numbers faster than with f32.
bool processor_has(Precision precision);

/// A module of another build is refused.
inline std::string cnn_build() {
  return std::string(kVersion) + "/" + std::to_string(sizeof(NetworkRequest));
}

}  // namespace vitrine
