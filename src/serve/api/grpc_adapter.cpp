#include "serve/api/grpc_adapter.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/text.h"
#include "serve/api/http_error.h"
#include "serve/api/inference.pb.h"
#include "serve/api/tensor_rows.h"

namespace vitrine::serve {
namespace {

using Message = inference::ModelInferRequest;
using Contents = inference::InferTensorContents;

Error wrong_count(const std::string& name, std::size_t wanted) {
  return {ErrorKind::bad_input,
          "the contents of '" + shown(name) + "' are not " + with_commas(wanted) +
              " elements of its datatype",
          "the request", "fill the field of the datatype with as many elements as the shape has",
          name};
}

/// Appends numbers of a wider type as T. Throws Error for a number that T can't represent.
template <typename T, typename Wide>
void append_numbers(engine::Tensor& tensor, const Wide& numbers) {
  for (const auto number : numbers) {
    if constexpr (std::is_integral_v<T> && sizeof(T) < sizeof number) {
      if (!std::in_range<T>(number)) {
        throw Error(ErrorKind::bad_input,
                    "'" + shown(tensor.name) + "' contains " + std::to_string(number) +
                        ", which is out of range for its datatype",
                    "the request", "send a datatype with more bits", tensor.name);
      }
    }
    const T narrow = static_cast<T>(number);
    tensor.bytes.append(reinterpret_cast<const char*>(&narrow), sizeof narrow);
  }
}

void append_contents(engine::Tensor& tensor, const Contents& contents) {
  switch (tensor.type) {
    case engine::TensorType::boolean:
      return append_numbers<std::uint8_t>(tensor, contents.bool_contents());
    case engine::TensorType::u8:
      return append_numbers<std::uint8_t>(tensor, contents.uint_contents());
    case engine::TensorType::u16:
      return append_numbers<std::uint16_t>(tensor, contents.uint_contents());
    case engine::TensorType::u32:
      return append_numbers<std::uint32_t>(tensor, contents.uint_contents());
    case engine::TensorType::u64:
      return append_numbers<std::uint64_t>(tensor, contents.uint64_contents());
    case engine::TensorType::i8:
      return append_numbers<std::int8_t>(tensor, contents.int_contents());
    case engine::TensorType::i16:
      return append_numbers<std::int16_t>(tensor, contents.int_contents());
    case engine::TensorType::i32:
      return append_numbers<std::int32_t>(tensor, contents.int_contents());
    case engine::TensorType::i64:
      return append_numbers<std::int64_t>(tensor, contents.int64_contents());
    case engine::TensorType::f32:
      return append_numbers<float>(tensor, contents.fp32_contents());
    case engine::TensorType::f64:
      return append_numbers<double>(tensor, contents.fp64_contents());
    case engine::TensorType::f16:
      throw Error(ErrorKind::bad_input, "FP16 has no field in contents", "the request",
                  "send it as raw_input_contents", tensor.name);
    case engine::TensorType::text:
      tensor.texts.assign(contents.bytes_contents().begin(), contents.bytes_contents().end());
  }
}

engine::Tensor tensor_of_contents(const inference::InferTensor& input, engine::TensorType type,
                                  std::vector<std::int64_t> shape) {
  engine::Tensor tensor{input.name(), type, std::move(shape), {}, {}};
  append_contents(tensor, input.contents());
  const std::size_t wanted = engine::element_count(tensor.shape);
  const std::size_t count = type == engine::TensorType::text
                                ? tensor.texts.size()
                                : tensor.bytes.size() / engine::element_size(type);
  if (count != wanted) throw wrong_count(tensor.name, wanted);
  return tensor;
}

template <typename T>
std::vector<T> numbers_of(const engine::Tensor& tensor) {
  std::vector<T> numbers(tensor.bytes.size() / sizeof(T));
  if (!numbers.empty()) {
    std::memcpy(numbers.data(), tensor.bytes.data(), numbers.size() * sizeof(T));
  }
  return numbers;
}

template <typename T>
void fill(auto& field, const engine::Tensor& tensor) {
  const std::vector<T> numbers = numbers_of<T>(tensor);
  field.Add(numbers.begin(), numbers.end());
}

void fill_contents(Contents& contents, const engine::Tensor& tensor) {
  switch (tensor.type) {
    case engine::TensorType::boolean:
      return fill<std::uint8_t>(*contents.mutable_bool_contents(), tensor);
    case engine::TensorType::u8:
      return fill<std::uint8_t>(*contents.mutable_uint_contents(), tensor);
    case engine::TensorType::u16:
      return fill<std::uint16_t>(*contents.mutable_uint_contents(), tensor);
    case engine::TensorType::u32:
      return fill<std::uint32_t>(*contents.mutable_uint_contents(), tensor);
    case engine::TensorType::u64:
      return fill<std::uint64_t>(*contents.mutable_uint64_contents(), tensor);
    case engine::TensorType::i8:
      return fill<std::int8_t>(*contents.mutable_int_contents(), tensor);
    case engine::TensorType::i16:
      return fill<std::int16_t>(*contents.mutable_int_contents(), tensor);
    case engine::TensorType::i32:
      return fill<std::int32_t>(*contents.mutable_int_contents(), tensor);
    case engine::TensorType::i64:
      return fill<std::int64_t>(*contents.mutable_int64_contents(), tensor);
    case engine::TensorType::f16:  // unreachable: responses with FP16 use raw contents
    case engine::TensorType::f32:
      return fill<float>(*contents.mutable_fp32_contents(), tensor);
    case engine::TensorType::f64:
      return fill<double>(*contents.mutable_fp64_contents(), tensor);
    case engine::TensorType::text:
      for (const std::string& text : tensor.texts) contents.add_bytes_contents(text);
  }
}

class GrpcAdapter : public OpenInferenceAnswer {
 public:
  GrpcAdapter(std::shared_ptr<const Message> message, bool stream)
      : message_(std::move(message)), stream_(stream) {}

  InferenceRequest read(const ServedModel& model, const HttpRequest&) override {
    if (message_->outputs_size() > static_cast<int>(kMostInputs)) {
      throw Error(ErrorKind::bad_input, "too many outputs are requested", "the request",
                  "name each output once");
    }
    for (const auto& output : message_->outputs()) {
      check_output(model, output.name(), output.parameters().contains("classification"));
    }
    const int raw = message_->raw_input_contents_size();
    if (raw > 0 && raw != message_->inputs_size()) {
      throw Error(ErrorKind::malformed,
                  std::to_string(message_->inputs_size()) + " inputs have " + std::to_string(raw) +
                      " raw_input_contents",
                  "the request", "send one for each input, or contents in the inputs");
    }
    std::vector<engine::Tensor> tensors;
    for (int i = 0; i < message_->inputs_size() && tensors.size() <= kMostInputs; ++i) {
      const inference::InferTensor& input = message_->inputs(i);
      std::vector<std::int64_t> shape(input.shape().begin(), input.shape().end());
      check_shape(shape, input.name());
      const engine::TensorType type = engine::datatype_of(input.datatype());
      tensors.push_back(raw > 0 ? tensor_of_bytes(input.name(), type, std::move(shape),
                                                  message_->raw_input_contents(i))
                                : tensor_of_contents(input, type, std::move(shape)));
    }
    check_names(tensors);
    return request_of_tensors(model, std::move(tensors));
  }

  HttpResponse write_error(const Error& error) const override { return grpc_error(error, stream_); }
  std::unique_ptr<ProtocolAdapter> clone() const override {
    return grpc_adapter(message_, stream_);
  }

  std::optional<Duration> timeout(const HttpRequest&) const override {
    const auto place = message_->parameters().find("timeout");
    if (place == message_->parameters().end()) return std::nullopt;
    const auto& parameter = place->second;
    const std::int64_t micros =
        parameter.has_uint64_param()
            ? static_cast<std::int64_t>(std::min<std::uint64_t>(parameter.uint64_param(), kDay))
            : parameter.int64_param();
    if (micros <= 0) return std::nullopt;
    return std::chrono::microseconds(std::min<std::int64_t>(micros, kDay));
  }

 private:
  static constexpr std::int64_t kDay = 86'400'000'000;

  bool wanted(const std::string& name) const {
    return message_->outputs().empty() ||
           std::ranges::any_of(message_->outputs(),
                               [&](const auto& output) { return output.name() == name; });
  }

  HttpResponse respond(const ServedModel& model, std::vector<engine::Tensor> tensors,
                       const std::vector<std::string>& warnings) const override {
    inference::ModelStreamInferResponse whole;
    inference::ModelInferResponse& response = *whole.mutable_infer_response();
    response.set_model_name(model.name);
    response.set_model_version(std::to_string(model.version));
    response.set_id(message_->id());
    if (!warnings.empty()) {
      (*response.mutable_parameters())["warnings"].set_string_param(to_text(Json(warnings)));
    }
    const bool raw = message_->raw_input_contents_size() > 0 ||
                     std::ranges::any_of(tensors, [](const engine::Tensor& t) {
                       return t.type == engine::TensorType::f16;
                     });
    for (const engine::Tensor& tensor : tensors) {
      if (!wanted(tensor.name)) continue;
      inference::InferTensor& output = *response.add_outputs();
      output.set_name(tensor.name);
      output.set_datatype(std::string(engine::datatype_name(tensor.type)));
      output.mutable_shape()->Add(tensor.shape.begin(), tensor.shape.end());
      if (raw) {
        append_bytes(*response.add_raw_output_contents(), tensor);
      } else {
        fill_contents(*output.mutable_contents(), tensor);
      }
    }
    return {.content_type = "application/grpc",
            .body = stream_ ? whole.SerializeAsString() : response.SerializeAsString()};
  }

  std::shared_ptr<const Message> message_;
  bool stream_;
};

}  // namespace

std::unique_ptr<ProtocolAdapter> grpc_adapter(std::shared_ptr<const Message> message, bool stream) {
  return std::make_unique<GrpcAdapter>(std::move(message), stream);
}

HttpResponse grpc_error(const Error& error, bool stream) {
  HttpResponse response = problem(error);  // status and headers
  response.content_type = "application/grpc";
  response.body =
      error.message + (error.where.empty() ? "" : " (" + error.where + ")") + "; " + error.hint;
  if (stream) {
    inference::ModelStreamInferResponse message;
    message.set_error_message(response.body);
    response.body = message.SerializeAsString();
  }
  return response;
}

bool is_stream(const HttpRequest& request) {
  return request.grpc && request.target.ends_with("/ModelStreamInfer");
}

}  // namespace vitrine::serve
