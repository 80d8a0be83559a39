// Tensors as JSON: flat or nested arrays of numbers, texts, booleans or {"b64": "..."}.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>

#include "engine/tensor_model.h"

namespace vitrine::serve {

/// A tensor of `type` and `shape` from elements in row-major order, with any nesting. null is NaN,
/// or an empty text. Throws Error(bad_input) for a wrong number of elements, or one of another kind
/// or out of range.
engine::Tensor tensor_of_json(std::string name, engine::TensorType type,
                              std::vector<std::int64_t> shape, const simdjson::dom::element& data);

/// A tensor with the shape of the nesting; without `type` it is BYTES if there is a text, else
/// FP64. Throws Error(bad_input) for arrays of different lengths.
engine::Tensor tensor_of_nested(std::string name, std::optional<engine::TensorType> type,
                                const simdjson::dom::element& data);

/// Appends the elements as JSON: flat, or nested by the shape.
void append_flat_json(std::string& out, const engine::Tensor& tensor);
void append_nested_json(std::string& out, const engine::Tensor& tensor);

/// Appends element `index` of the first dimension, nested.
void append_row_json(std::string& out, const engine::Tensor& tensor, std::size_t index);

}  // namespace vitrine::serve
