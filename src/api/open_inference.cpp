#include "api/open_inference.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <set>

#include "api/http_error.h"
#include "api/tensor_json.h"
#include "api/tensor_rows.h"
#include "base/text.h"
#include "base/version.h"
#include "data/json_element.h"

namespace vitrine {
namespace {

namespace dom = simdjson::dom;
constexpr std::string_view kHeaderLength = "Inference-Header-Content-Length";
constexpr std::size_t kMostDimensions = 16;
constexpr std::size_t kMostInputs = 5000;

Error malformed(const std::string& what, const std::string& hint) {
  return {ErrorKind::malformed, what, "the request", hint};
}

/// The JSON at the front of the body; binary tensors follow it.
std::string_view json_part(const HttpRequest& request) {
  const std::string_view length = request.header(kHeaderLength);
  if (length.empty()) return request.body;
  std::size_t bytes = 0;
  const auto [end, code] = std::from_chars(length.data(), length.data() + length.size(), bytes);
  if (code != std::errc() || end != length.data() + length.size() || bytes > request.body.size()) {
    throw malformed("the header " + std::string(kHeaderLength) + " does not fit the body",
                    "send the number of bytes of the JSON in front of the binary data");
  }
  return request.body.substr(0, bytes);
}

std::vector<std::int64_t> shape_of(const dom::object& input, const std::string& name) {
  std::vector<std::int64_t> shape;
  dom::array sizes;
  bool fits = input["shape"].get(sizes) == simdjson::SUCCESS;
  std::size_t product = 1;
  if (fits) {
    for (const dom::element one : sizes) {
      std::int64_t size = 0;
      fits = fits && one.get(size) == simdjson::SUCCESS && size >= 0 && size <= (1LL << 32) &&
             shape.size() < kMostDimensions;
      if (!fits) break;
      shape.push_back(size);
      product *= static_cast<std::size_t>(std::max<std::int64_t>(size, 1));
      fits = product <= (std::size_t{1} << 32);
    }
  }
  if (fits) return shape;
  throw Error(ErrorKind::bad_input, "the input '" + shown(name) + "' has no usable shape",
              "the request", "send \"shape\": [rows, ...], at most 4,294,967,296 elements", name);
}

std::string text_at(const dom::object& object, const char* key) {
  std::string_view text;
  if (object[key].get(text) != simdjson::SUCCESS) {
    throw Error(ErrorKind::bad_input, "an input has no text '" + std::string(key) + "'",
                "the request", "each input has name, shape, datatype and data");
  }
  return std::string(text);
}

template <typename T>
std::optional<T> parameter(const dom::object& object, const char* key) {
  dom::object parameters;
  T value{};
  if (object["parameters"].get(parameters) != simdjson::SUCCESS ||
      parameters[key].get(value) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  return value;
}

/// Texts, each with its length in front, 4 bytes little-endian.
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

Tensor binary_tensor(std::string name, TensorType type, std::vector<std::int64_t> shape,
                     std::string_view bytes) {
  Tensor tensor{std::move(name), type, std::move(shape), {}, {}};
  const std::size_t wanted = element_count(tensor.shape);
  std::size_t count = 0;
  if (type == TensorType::text) {
    tensor.texts = texts_of(bytes, tensor.name);
    count = tensor.texts.size();
  } else {
    tensor.bytes = bytes;
    count = bytes.size() % element_size(type) == 0 ? bytes.size() / element_size(type) : wanted + 1;
  }
  if (count != wanted) {
    throw Error(ErrorKind::bad_input,
                "the input '" + shown(tensor.name) + "' has " + with_commas(bytes.size()) +
                    " bytes, which is not what its shape and datatype mean",
                "the request", "send as many elements as the shape says", tensor.name);
  }
  return tensor;
}

class OpenInferenceExchange : public Exchange {
 public:
  Question read(const ServedModel& model, const HttpRequest& request) override {
    const std::string_view json = json_part(request);
    std::string_view rest = request.body.substr(json.size());
    JsonParser parser;
    dom::object root;
    dom::array inputs;
    if (parser.parse(json).get(root) != simdjson::SUCCESS ||
        root["inputs"].get(inputs) != simdjson::SUCCESS) {
      throw malformed("there is no array 'inputs' in the JSON",
                      "send {\"inputs\": [{\"name\": ..., \"shape\": ..., \"datatype\": ..., "
                      "\"data\": ...}]}");
    }
    read_wishes(root, model);
    std::vector<Tensor> tensors;
    std::set<std::string> names;
    for (const dom::element one : inputs) {
      dom::object input;
      if (one.get(input) != simdjson::SUCCESS) {
        throw malformed("an input is no object", "each input has name, shape, datatype and data");
      }
      tensors.push_back(read_input(input, rest));
      const std::string& name = tensors.back().name;
      if (!names.insert(name).second) {
        throw Error(ErrorKind::bad_input, "the input '" + shown(name) + "' is given twice",
                    "the request", "send each input once", name);
      }
      if (names.size() > kMostInputs) {
        throw Error(ErrorKind::bad_input,
                    "there are more than " + with_commas(kMostInputs) + " inputs", "the request",
                    "send only those that the model's metadata lists");
      }
    }
    if (!rest.empty()) {
      throw malformed(with_commas(rest.size()) + " bytes behind the last binary tensor",
                      "check binary_data_size and " + std::string(kHeaderLength));
    }
    return question_of_tensors(model, std::move(tensors));
  }

  HttpResponse write(const ServedModel& model, const Question& question,
                     const Predictions& predictions) override {
    std::vector<std::string> warnings;
    for (std::size_t row = 0; row < question.warnings.size() && warnings.size() < 100; ++row) {
      for (const std::string& text : question.warnings[row]) {
        warnings.push_back("row " + std::to_string(row) + ": " + text);
      }
    }
    return respond(model, tensors_of_answer(model, predictions), warnings);
  }

  HttpResponse write(const ServedModel& model, std::vector<Tensor> outputs) override {
    return respond(model, std::move(outputs), {});
  }

  HttpResponse fault(const Error& error) const override { return plain_error(error); }
  std::unique_ptr<Exchange> again() const override { return open_inference_exchange(); }

  std::optional<Duration> timeout(const HttpRequest& request) const override {
    // Found in the text, not parsed: this is asked on an event loop, of bodies of any size. A key
    // is the only place where the quoted word is followed by a colon and digits.
    constexpr std::string_view kKey = "\"timeout\"";
    const std::string_view json = json_part(request);
    std::size_t at = json.find(kKey);
    if (at == std::string_view::npos) return std::nullopt;
    at = json.find_first_not_of(" \t\r\n", at + kKey.size());
    if (at == std::string_view::npos || json[at] != ':') return std::nullopt;
    at = json.find_first_not_of(" \t\r\n", at + 1);
    std::int64_t micros = 0;
    if (at == std::string_view::npos ||
        std::from_chars(json.data() + at, json.data() + json.size(), micros).ec != std::errc() ||
        micros <= 0) {
      return std::nullopt;
    }
    return std::chrono::microseconds(std::min<std::int64_t>(micros, 86'400'000'000));
  }

 private:
  struct Wish {
    std::string name;
    bool binary;
  };

  Tensor read_input(const dom::object& input, std::string_view& rest) const {
    std::string name = text_at(input, "name");
    const TensorType type = datatype_of(text_at(input, "datatype"));
    auto shape = shape_of(input, name);
    if (const auto size = parameter<std::int64_t>(input, "binary_data_size")) {
      if (*size < 0 || static_cast<std::size_t>(*size) > rest.size()) {
        throw malformed("the binary data of '" + shown(name) + "' is cut off",
                        "check binary_data_size and " + std::string(kHeaderLength));
      }
      const std::string_view bytes = rest.substr(0, static_cast<std::size_t>(*size));
      rest.remove_prefix(bytes.size());
      return binary_tensor(std::move(name), type, std::move(shape), bytes);
    }
    dom::element data;
    if (input["data"].get(data) != simdjson::SUCCESS) {
      throw Error(ErrorKind::bad_input, "the input '" + shown(name) + "' has no data",
                  "the request", "send \"data\": [...], or binary data with binary_data_size",
                  name);
    }
    return tensor_of_json(std::move(name), type, std::move(shape), data);
  }

  void read_wishes(const dom::object& root, const ServedModel& model) {
    std::string_view id;
    if (root["id"].get(id) == simdjson::SUCCESS) id_ = id;
    binary_ = parameter<bool>(root, "binary_data_output").value_or(false);
    dom::array outputs;
    if (root["outputs"].get(outputs) != simdjson::SUCCESS) return;
    std::vector<std::string> known;
    for (const TensorSpec& spec : output_specs(model)) known.push_back(spec.name);
    for (const dom::element one : outputs) {
      dom::object output;
      if (one.get(output) != simdjson::SUCCESS) continue;
      std::string name = text_at(output, "name");
      if (!std::ranges::contains(known, name)) {
        throw Error(ErrorKind::bad_input, "there is no output '" + shown(name) + "'", "the request",
                    did_you_mean(name, known) + "the outputs are " + listed(known), name);
      }
      if (parameter<std::int64_t>(output, "classification").value_or(0) > 0) {
        throw Error(ErrorKind::bad_input, "the classification extension is not spoken here",
                    "the request", "ask for 'label' and 'probabilities'", name);
      }
      wishes_.push_back(
          {std::move(name), parameter<bool>(output, "binary_data").value_or(binary_)});
    }
  }

  HttpResponse respond(const ServedModel& model, std::vector<Tensor> tensors,
                       const std::vector<std::string>& warnings) const {
    std::string json = "{\"model_name\":" + json_text(model.name) + ",\"model_version\":\"" +
                       std::to_string(model.version) + "\"";
    if (!id_.empty()) json += ",\"id\":" + json_text(id_);
    if (!warnings.empty())
      json += ",\"parameters\":{\"warnings\":" + Json(Json(warnings).dump()).dump() + "}";
    json += ",\"outputs\":[";
    std::string binary;
    bool first = true;
    for (const Tensor& tensor : tensors) {
      const auto wish = std::ranges::find(wishes_, tensor.name, &Wish::name);
      if (!wishes_.empty() && wish == wishes_.end()) continue;
      if (!first) json += ',';
      first = false;
      const bool as_binary = wish != wishes_.end() ? wish->binary : binary_;
      append_output(json, binary, tensor, as_binary);
    }
    json += "]}";
    HttpResponse response;
    if (binary.empty()) {
      response.body = std::move(json) + "\n";
      return response;
    }
    response.content_type = "application/octet-stream";
    response.with(std::string(kHeaderLength), std::to_string(json.size()));
    response.body = std::move(json) + binary;
    return response;
  }

  static void append_output(std::string& json, std::string& binary, const Tensor& tensor,
                            bool as_binary) {
    json += "{\"name\":" + json_text(tensor.name) + ",\"datatype\":\"" +
            std::string(datatype_name(tensor.type)) + "\",\"shape\":[";
    for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
      json += (i > 0 ? "," : "") + std::to_string(tensor.shape[i]);
    }
    json += ']';
    if (!as_binary) {
      json += ",\"data\":";
      append_flat_json(json, tensor);
      json += '}';
      return;
    }
    const std::size_t before = binary.size();
    binary += tensor.bytes;
    for (const std::string& text : tensor.texts) {
      const auto length = static_cast<std::uint32_t>(text.size());
      binary.append(reinterpret_cast<const char*>(&length), 4);
      binary += text;
    }
    json +=
        ",\"parameters\":{\"binary_data_size\":" + std::to_string(binary.size() - before) + "}}";
  }

  std::string id_;
  bool binary_ = false;
  std::vector<Wish> wishes_;
};

Json specs_json(const std::vector<TensorSpec>& specs) {
  Json json = Json::array();
  for (const TensorSpec& spec : specs) {
    json.push_back(
        {{"name", spec.name}, {"datatype", datatype_name(spec.type)}, {"shape", spec.shape}});
  }
  return json;
}

}  // namespace

std::unique_ptr<Exchange> open_inference_exchange() {
  return std::make_unique<OpenInferenceExchange>();
}

Json open_inference_server() {
  return {{"name", "vitrine"},
          {"version", kVersion},
          {"extensions", {"binary_tensor_data", "model_repository", "model_configuration"}}};
}

Json open_inference_model(const CatalogueEntry& entry, const ServedModel& model) {
  Json versions = Json::array();
  for (const auto& [number, one] : entry.versions) versions.push_back(std::to_string(number));
  return {{"name", model.name},
          {"versions", versions},
          {"platform", "onnx_vitrine"},
          {"inputs", specs_json(input_specs(model))},
          {"outputs", specs_json(output_specs(model))}};
}

Json open_inference_config(const ServedModel& model) {
  const auto list = [](const std::vector<TensorSpec>& specs) {
    Json json = Json::array();
    for (const TensorSpec& spec : specs) {
      const std::string type(datatype_name(spec.type));
      json.push_back({{"name", spec.name},
                      {"data_type", type == "BYTES" ? "TYPE_STRING" : "TYPE_" + type},
                      {"dims", spec.shape}});
    }
    return json;
  };
  return {{"name", model.name},
          {"platform", "onnx_vitrine"},
          {"backend", "vitrine"},
          {"max_batch_size", 0},
          {"input", list(input_specs(model))},
          {"output", list(output_specs(model))}};
}

Json repository_index(const Catalogue& catalogue, bool ready_only) {
  Json json = Json::array();
  for (const CatalogueEntry& entry : catalogue.entries) {
    for (const auto& [number, model] : entry.versions) {
      json.push_back({{"name", entry.name},
                      {"version", std::to_string(number)},
                      {"state", "READY"},
                      {"reason", ""}});
    }
    if (!entry.fault.empty() && !ready_only) {
      json.push_back({{"name", entry.name},
                      {"version", ""},
                      {"state", "UNAVAILABLE"},
                      {"reason", entry.fault}});
    }
  }
  return json;
}

}  // namespace vitrine
