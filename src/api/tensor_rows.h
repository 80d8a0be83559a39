// Named tensors as rows or photos of a model with a card, and its answers as tensors. What
// the Open Inference Protocol and TensorFlow Serving have in common.
#pragma once

#include "api/exchange.h"

namespace vitrine {

/// What a model takes and gives, as tensors: of a table a `[-1, 1]` input a column, of photos
/// `image`, of a file without a card what its graph says.
std::vector<TensorSpec> input_specs(const ServedModel& model);
/// With a card: `label` BYTES [-1] and `probabilities` FP32 [-1, classes].
std::vector<TensorSpec> output_specs(const ServedModel& model);

/// Tables: a tensor a column, by name without case, or one BYTES tensor `row` of JSON
/// objects. Photos: `image`, UINT8 [N, H, W, 3] of any size or BYTES [N] of files (raw or
/// base64). Throws Error.
Question question_of_tensors(const ServedModel& model, std::vector<Tensor> tensors);

/// Both outputs for all rows.
std::vector<Tensor> tensors_of_answer(const ServedModel& model, const Predictions& predictions);

}  // namespace vitrine
