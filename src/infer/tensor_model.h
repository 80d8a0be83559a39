// Any ONNX graph as it is: named tensors in, named tensors out. For files without a
// card, which somebody else made.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine {

/// The types of the Open Inference Protocol that a graph may take.
enum class TensorType { boolean, u8, u16, u32, u64, i8, i16, i32, i64, f16, f32, f64, text };

/// "FP32", "BYTES", ...; and back (nothing for other names: throws Error(bad_input)).
std::string_view datatype_name(TensorType type);
TensorType datatype_of(std::string_view name);

/// Bytes of an element; 0 for text.
std::size_t element_size(TensorType type);

struct TensorSpec {
  std::string name;
  TensorType type = TensorType::f32;
  std::vector<std::int64_t> shape;  ///< -1: any size
  std::vector<std::string> labels;  ///< of an output with one number a class: the classes
};

struct Tensor {
  std::string name;
  TensorType type = TensorType::f32;
  std::vector<std::int64_t> shape;
  std::string bytes;               ///< little-endian elements, row-major; not of text
  std::vector<std::string> texts;  ///< of type text
};

/// Element `place` of half-precision (IEEE 754) `bytes`.
double half_at(std::string_view bytes, std::size_t place);

/// Elements of a shape without unknown sizes.
std::size_t element_count(const std::vector<std::int64_t>& shape);

/// Thread-safe. Opened by open_runtime_tensors of infer/onnx_runtime.h.
class TensorModel {
 public:
  virtual ~TensorModel() = default;

  virtual const std::vector<TensorSpec>& inputs() const = 0;
  virtual const std::vector<TensorSpec>& outputs() const = 0;
  /// What whoever serves it should know, one line each: outputs that no client can be sent
  /// (sequences, maps, rare types), operators that the runtime may compute wrongly.
  virtual const std::vector<std::string>& warnings() const = 0;

  /// All outputs, in the graph's order. Inputs in any order. Throws Error(bad_input) for
  /// inputs that are missing, unknown, of another type or shape, and for what the graph
  /// refuses.
  virtual std::vector<Tensor> run(const std::vector<Tensor>& inputs) const = 0;
};

}  // namespace vitrine
