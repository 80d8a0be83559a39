// Tensors as the Open Inference Protocol sends them, over HTTP and over gRPC alike.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/exchange.h"

namespace vitrine {

inline constexpr std::size_t kMostInputs = 5000;
inline constexpr std::size_t kMostDimensions = 16;

/// Throws Error for a size below zero, too many dimensions or more than 2^32 elements. `name` is
/// the input's.
void check_shape(const std::vector<std::int64_t>& shape, const std::string& name);

/// A tensor of raw bytes: little-endian elements, texts each with its length in front (4 bytes,
/// little-endian). Throws Error where they are not what type and shape mean.
Tensor tensor_of_bytes(std::string name, TensorType type, std::vector<std::int64_t> shape,
                       std::string_view bytes);

/// The other way: its elements as raw bytes.
void append_bytes(std::string& out, const Tensor& tensor);

/// Throws Error for an output that the model does not have, and for one that is asked for in the
/// form of the classification extension.
void check_output(const ServedModel& model, const std::string& name, bool as_classification);

/// Throws Error for the second input of a name, and for too many.
void check_names(const std::vector<Tensor>& inputs);

/// What the protocol's two forms have in common: every answer is a list of tensors.
class OpenInferenceAnswer : public Exchange {
 public:
  HttpResponse write(const ServedModel& model, const Question& question,
                     const Predictions& predictions) final;
  HttpResponse write(const ServedModel& model, std::vector<Tensor> outputs) final;

 private:
  /// `warnings`: at most 100 lines `row 3: ...`.
  virtual HttpResponse respond(const ServedModel& model, std::vector<Tensor> outputs,
                               const std::vector<std::string>& warnings) const = 0;
};

}  // namespace vitrine
