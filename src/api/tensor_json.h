// Tensors as JSON: flat or nested arrays of numbers, texts, truth values or {"b64": "..."}.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>

#include "infer/tensor_model.h"

namespace vitrine {

/// Elements of any nesting, row-major, as a tensor of `type` and `shape`. Throws
/// Error(bad_input) where they are not as many as the shape says, of another kind, or out of
/// the type's range. null is NaN, or an empty text.
Tensor tensor_of_json(std::string name, TensorType type, std::vector<std::int64_t> shape,
                      const simdjson::dom::element& data);

/// The shape that the nesting itself has; without `type`, BYTES if a text is in it, else FP64.
/// Throws Error(bad_input) for arrays of different lengths.
Tensor tensor_of_nested(std::string name, std::optional<TensorType> type,
                        const simdjson::dom::element& data);

/// The elements as JSON: flat, or nested as the shape is.
void append_flat_json(std::string& out, const Tensor& tensor);
void append_nested_json(std::string& out, const Tensor& tensor);

/// Element `index` of the first dimension, nested.
void append_row_json(std::string& out, const Tensor& tensor, std::size_t index);

}  // namespace vitrine
