#include "serve/api/open_inference_tensors.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "serve/api/tensor_rows.h"

namespace vitrine::serve {
namespace {

std::vector<std::string> numbered_warnings(const std::vector<std::vector<std::string>>& warnings) {
  std::vector<std::string> lines;
  for (std::size_t row = 0; row < warnings.size() && lines.size() < 100; ++row) {
    for (const std::string& text : warnings[row]) {
      lines.push_back("row " + std::to_string(row) + ": " + text);
    }
  }
  return lines;
}

/// Splits texts that each follow their length, 4 bytes little-endian.
std::vector<std::string> texts_of(std::string_view bytes, const std::string& name) {
  std::vector<std::string> texts;
  while (!bytes.empty()) {
    std::uint32_t length = 0;
    if (bytes.size() >= 4) std::memcpy(&length, bytes.data(), 4);
    if (bytes.size() < 4 || bytes.size() - 4 < length) {
      throw Error(ErrorKind::malformed, "the BYTES of '" + shown(name) + "' end too early",
                  "the request", "put a length of 4 bytes, little-endian, before each element",
                  name);
    }
    texts.emplace_back(bytes.substr(4, length));
    bytes.remove_prefix(4 + length);
  }
  return texts;
}

}  // namespace

void check_shape(const std::vector<std::int64_t>& shape, const std::string& name) {
  constexpr std::int64_t kMost = 1LL << 32;
  bool fits = shape.size() <= kMostDimensions;
  std::int64_t product = 1;
  for (const std::int64_t size : shape) {
    fits = fits && size >= 0 && product <= kMost / std::max<std::int64_t>(size, 1);
    if (!fits) break;
    product *= std::max<std::int64_t>(size, 1);
  }
  if (fits) return;
  throw Error(ErrorKind::bad_input, "the input '" + shown(name) + "' has no valid shape",
              "the request", "send \"shape\": [rows, ...], at most 4,294,967,296 elements", name);
}

engine::Tensor tensor_of_bytes(std::string name, engine::TensorType type,
                               std::vector<std::int64_t> shape, std::string_view bytes) {
  engine::Tensor tensor{std::move(name), type, std::move(shape), {}, {}};
  const std::size_t wanted = engine::element_count(tensor.shape);
  std::size_t count = 0;
  if (type == engine::TensorType::text) {
    tensor.texts = texts_of(bytes, tensor.name);
    count = tensor.texts.size();
  } else {
    tensor.bytes = bytes;
    count = bytes.size() % engine::element_size(type) == 0
                ? bytes.size() / engine::element_size(type)
                : wanted + 1;
  }
  if (count != wanted) {
    throw Error(ErrorKind::bad_input,
                "the input '" + shown(tensor.name) + "' has " + with_commas(bytes.size()) +
                    " bytes, which does not match its shape and datatype",
                "the request", "send as many elements as the shape has", tensor.name);
  }
  return tensor;
}

void append_bytes(std::string& out, const engine::Tensor& tensor) {
  out += tensor.bytes;
  for (const std::string& text : tensor.texts) {
    const auto length = static_cast<std::uint32_t>(text.size());
    out.append(reinterpret_cast<const char*>(&length), 4);
    out += text;
  }
}

void check_output(const ServedModel& model, const std::string& name, bool as_classification) {
  std::vector<std::string> known;
  for (const engine::TensorSpec& spec : output_specs(model)) known.push_back(spec.name);
  if (!std::ranges::contains(known, name)) {
    throw Error(ErrorKind::bad_input, "there is no output '" + shown(name) + "'", "the request",
                did_you_mean(name, known) + "the outputs are " + listed(known), name);
  }
  if (as_classification) {
    throw Error(ErrorKind::bad_input, "the classification extension is not supported",
                "the request", "request the outputs " + listed(known), name);
  }
}

void check_names(const std::vector<engine::Tensor>& inputs) {
  if (inputs.size() > kMostInputs) {
    throw Error(ErrorKind::bad_input, "there are more than " + with_commas(kMostInputs) + " inputs",
                "the request", "send only the inputs that the model's metadata lists");
  }
  std::set<std::string_view> names;
  for (const engine::Tensor& input : inputs) {
    if (names.insert(input.name).second) continue;
    throw Error(ErrorKind::bad_input, "the input '" + shown(input.name) + "' is given twice",
                "the request", "send each input once", input.name);
  }
}

HttpResponse OpenInferenceAnswer::write(const ServedModel& model, const InferenceRequest& inference,
                                        const engine::Predictions& predictions) {
  return respond(model, tensors_of_predictions(model, predictions),
                 numbered_warnings(inference.warnings));
}

HttpResponse OpenInferenceAnswer::write_tensors(const ServedModel& model,
                                                std::vector<engine::Tensor> outputs) {
  return respond(model, std::move(outputs), {});
}

}  // namespace vitrine::serve
