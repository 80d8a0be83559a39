// Runs any ONNX graph, from named tensors to named tensors. For files without a card, which Vitrine
// did not make.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine::engine {

/// The tensor types of the Open Inference Protocol.
enum class TensorType { boolean, u8, u16, u32, u64, i8, i16, i32, i64, f16, f32, f64, text };

/// The protocol's name of a type ("FP32", "BYTES", ...), and the type of a name. datatype_of()
/// throws Error(bad_input) for other names.
std::string_view datatype_name(TensorType type);
TensorType datatype_of(std::string_view name);

/// The size of an element in bytes; 0 for text.
std::size_t element_size(TensorType type);

struct TensorSpec {
  std::string name;
  TensorType type = TensorType::f32;
  std::vector<std::int64_t> shape;  ///< -1: any size
  std::vector<std::string> labels;  ///< the classes, of an output with one number for each class
};

struct Tensor {
  std::string name;
  TensorType type = TensorType::f32;
  std::vector<std::int64_t> shape;
  std::string bytes;               ///< little-endian elements, row-major; empty for type text
  std::vector<std::string> texts;  ///< for type text
};

/// Element `place` of an array of fp16 numbers (IEEE 754).
double fp16_at(std::string_view bytes, std::size_t place);

/// The number of elements of a shape without unknown sizes.
std::size_t element_count(const std::vector<std::int64_t>& shape);

/// Thread-safe. Opened by open_runtime_tensors() of engine/onnx_runtime.h.
class TensorModel {
 public:
  virtual ~TensorModel() = default;

  virtual const std::vector<TensorSpec>& inputs() const = 0;
  virtual const std::vector<TensorSpec>& outputs() const = 0;
  /// Warnings for the operator of a server, one line each: outputs that can't be sent to clients
  /// (sequences, maps, rare types), operators that ONNX Runtime may compute wrongly.
  virtual const std::vector<std::string>& warnings() const = 0;

  /// Returns all outputs, in the graph's order. Inputs may be in any order. Throws Error(bad_input)
  /// if inputs are missing, unknown or of another type or shape, and if ONNX Runtime can't run the
  /// graph with them.
  virtual std::vector<Tensor> run(const std::vector<Tensor>& inputs) const = 0;
};

}  // namespace vitrine::engine
