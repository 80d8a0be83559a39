// Converts named tensors to rows or photos, and predictions to tensors: the common part of the Open
// Inference Protocol and TensorFlow Serving.
#pragma once

#include "serve/api/protocol_adapter.h"

namespace vitrine::serve {

/// The inputs of a model as tensors: for tables a `[-1, 1]` tensor per column, for photos `image`,
/// for a file without a card the inputs of its graph.
std::vector<engine::TensorSpec> input_specs(const ServedModel& model);
/// The outputs. With a card: `label` BYTES [-1] and `probabilities` FP32 [-1, classes].
std::vector<engine::TensorSpec> output_specs(const ServedModel& model);

/// The input of a model from tensors. Tables: a tensor per column, by name ignoring case, or one
/// BYTES tensor `row` of JSON objects. Photos: `image`, UINT8 [N, H, W, 3] of any size or BYTES [N]
/// of files (raw or base64). Throws Error.
InferenceRequest request_of_tensors(const ServedModel& model, std::vector<engine::Tensor> tensors);

/// The tensors `label` and `probabilities` of all rows.
std::vector<engine::Tensor> tensors_of_predictions(const ServedModel& model,
                                                   const engine::Predictions& predictions);

}  // namespace vitrine::serve
