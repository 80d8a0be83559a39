// Tensors of the Open Inference Protocol, for HTTP and gRPC.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "serve/api/protocol_adapter.h"

namespace vitrine::serve {

inline constexpr std::size_t kMostInputs = 5000;
inline constexpr std::size_t kMostDimensions = 16;

/// Throws Error(bad_input) for a negative size, too many dimensions or more than 2^32 elements.
/// `name`: of the input.
void check_shape(const std::vector<std::int64_t>& shape, const std::string& name);

/// A tensor from raw bytes: little-endian elements; texts each after their length (4 bytes,
/// little-endian). Throws Error if the bytes do not match type and shape.
engine::Tensor tensor_of_bytes(std::string name, engine::TensorType type,
                               std::vector<std::int64_t> shape, std::string_view bytes);

/// Appends the elements of a tensor as raw bytes, in the same format.
void append_bytes(std::string& out, const engine::Tensor& tensor);

/// Throws Error(bad_input) for an output that the model does not have, and for one that is
/// requested with the classification extension, which is not supported.
void check_output(const ServedModel& model, const std::string& name, bool as_classification);

/// Throws Error(bad_input) for inputs with the same name, and for more than kMostInputs.
void check_names(const std::vector<engine::Tensor>& inputs);

/// The common part of the HTTP and gRPC adapters: every response is a list of tensors.
class OpenInferenceAnswer : public ProtocolAdapter {
 public:
  HttpResponse write(const ServedModel& model, const InferenceRequest& inference,
                     const engine::Predictions& predictions) final;
  HttpResponse write_tensors(const ServedModel& model, std::vector<engine::Tensor> outputs) final;

 private:
  /// `warnings`: at most 100 lines `row 3: ...`.
  virtual HttpResponse respond(const ServedModel& model, std::vector<engine::Tensor> outputs,
                               const std::vector<std::string>& warnings) const = 0;
};

}  // namespace vitrine::serve
