// Plan of the file: OpenInferenceAdapter reads a request (JSON, followed by binary tensors if the
// header Inference-Header-Content-Length says so) and writes the response in the requested form,
// output by output. After it: the JSON of metadata, configuration and repository index. Tensors are
// converted in tensor_json.h (JSON), open_inference_tensors.h (binary) and tensor_rows.h (rows).
#include "serve/api/open_inference.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "base/version.h"
#include "data/table/json_element.h"
#include "serve/api/http_error.h"
#include "serve/api/open_inference_tensors.h"
#include "serve/api/tensor_json.h"
#include "serve/api/tensor_rows.h"

namespace vitrine::serve {
namespace {

namespace dom = simdjson::dom;
constexpr std::string_view kHeaderLength = "Inference-Header-Content-Length";

Error malformed(const std::string& what, const std::string& hint) {
  return {ErrorKind::malformed, what, "the request", hint};
}

/// The JSON at the beginning of the body; binary tensors follow it.
std::string_view json_part(const HttpRequest& request) {
  const std::string_view length = request.header(kHeaderLength);
  if (length.empty()) return request.body;
  std::size_t bytes = 0;
  const auto [end, code] = std::from_chars(length.data(), length.data() + length.size(), bytes);
  if (code != std::errc() || end != length.data() + length.size() || bytes > request.body.size()) {
    throw malformed("the header " + std::string(kHeaderLength) + " does not match the body",
                    "send the number of bytes of the JSON before the binary data");
  }
  return request.body.substr(0, bytes);
}

std::vector<std::int64_t> shape_of(const dom::object& input, const std::string& name) {
  std::vector<std::int64_t> shape;
  dom::array sizes;
  bool fits = input["shape"].get(sizes) == simdjson::SUCCESS;
  if (fits) {
    for (const dom::element one : sizes) {
      std::int64_t size = 0;
      fits = one.get(size) == simdjson::SUCCESS && shape.size() <= kMostDimensions;
      if (!fits) break;
      shape.push_back(size);
    }
  }
  if (!fits) shape.assign(1, -1);
  check_shape(shape, name);
  return shape;
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

class OpenInferenceAdapter : public OpenInferenceAnswer {
 public:
  InferenceRequest read(const ServedModel& model, const HttpRequest& request) override {
    const std::string_view json = json_part(request);
    std::string_view rest = request.body.substr(json.size());
    data::JsonParser parser;
    dom::object root;
    dom::array inputs;
    if (parser.parse(json).get(root) != simdjson::SUCCESS ||
        root["inputs"].get(inputs) != simdjson::SUCCESS) {
      throw malformed("there is no array 'inputs' in the JSON",
                      "send {\"inputs\": [{\"name\": ..., \"shape\": ..., \"datatype\": ..., "
                      "\"data\": ...}]}");
    }
    read_options(root, model);
    std::vector<engine::Tensor> tensors;
    for (const dom::element one : inputs) {
      dom::object input;
      if (one.get(input) != simdjson::SUCCESS) {
        throw malformed("an input is not an object",
                        "each input has name, shape, datatype and data");
      }
      tensors.push_back(read_input(model, input, rest));
      if (tensors.size() > kMostInputs) break;
    }
    check_names(tensors);
    if (!rest.empty()) {
      throw malformed(
          "there are " + with_commas(rest.size()) + " bytes after the last binary tensor",
          "check binary_data_size and " + std::string(kHeaderLength));
    }
    return request_of_tensors(model, std::move(tensors));
  }

  HttpResponse write_error(const Error& error) const override { return plain_error(error); }
  std::unique_ptr<ProtocolAdapter> clone() const override { return open_inference_adapter(); }

  std::optional<Duration> timeout(const HttpRequest& request) const override {
    // Searched as text, because parsing a large body would block the event loop. Only a key can be
    // the quoted word followed by a colon and digits.
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
  /// An output that the request names.
  struct RequestedOutput {
    std::string name;
    bool binary;
  };

  engine::Tensor read_input(const ServedModel& model, const dom::object& input,
                            std::string_view& rest) const {
    std::string name = text_at(input, "name");
    const engine::TensorType type = engine::datatype_of(text_at(input, "datatype"));
    auto shape = shape_of(input, name);
    if (model.predictor) data::check_row_count(engine::element_count(shape), kMaxRowsPerRequest);
    if (const auto size = parameter<std::int64_t>(input, "binary_data_size")) {
      if (*size < 0 || static_cast<std::size_t>(*size) > rest.size()) {
        throw malformed("the binary data of '" + shown(name) + "' is incomplete",
                        "check binary_data_size and " + std::string(kHeaderLength));
      }
      const std::string_view bytes = rest.substr(0, static_cast<std::size_t>(*size));
      rest.remove_prefix(bytes.size());
      return tensor_of_bytes(std::move(name), type, std::move(shape), bytes);
    }
    dom::element data;
    if (input["data"].get(data) != simdjson::SUCCESS) {
      throw Error(ErrorKind::bad_input, "the input '" + shown(name) + "' has no data",
                  "the request", "send \"data\": [...], or binary data with binary_data_size",
                  name);
    }
    return tensor_of_json(std::move(name), type, std::move(shape), data);
  }

  void read_options(const dom::object& root, const ServedModel& model) {
    std::string_view id;
    if (root["id"].get(id) == simdjson::SUCCESS) id_ = id;
    binary_ = parameter<bool>(root, "binary_data_output").value_or(false);
    dom::array outputs;
    if (root["outputs"].get(outputs) != simdjson::SUCCESS) return;
    if (outputs.size() > kMostInputs) {
      throw malformed("too many outputs are requested", "name each output once");
    }
    for (const dom::element one : outputs) {
      dom::object output;
      if (one.get(output) != simdjson::SUCCESS) continue;
      std::string name = text_at(output, "name");
      check_output(model, name, parameter<std::int64_t>(output, "classification").value_or(0) > 0);
      outputs_.push_back(
          {std::move(name), parameter<bool>(output, "binary_data").value_or(binary_)});
    }
  }

  HttpResponse respond(const ServedModel& model, std::vector<engine::Tensor> tensors,
                       const std::vector<std::string>& warnings) const override {
    std::string json = "{\"model_name\":" + json_text(model.name) + ",\"model_version\":\"" +
                       std::to_string(model.version) + "\"";
    if (!id_.empty()) json += ",\"id\":" + json_text(id_);
    if (!warnings.empty())
      json += ",\"parameters\":{\"warnings\":" + json_text(to_text(Json(warnings))) + "}";
    json += ",\"outputs\":[";
    std::string binary;
    bool first = true;
    for (const engine::Tensor& tensor : tensors) {
      const auto wanted = std::ranges::find(outputs_, tensor.name, &RequestedOutput::name);
      if (!outputs_.empty() && wanted == outputs_.end()) continue;
      if (!first) json += ',';
      first = false;
      const bool as_binary = wanted != outputs_.end() ? wanted->binary : binary_;
      append_output(json, binary, tensor, as_binary);
    }
    json += "]}";
    HttpResponse response;
    if (binary.empty()) {
      response.body = std::move(json) + "\n";
      return response;
    }
    response.content_type = "application/octet-stream";
    response.with(kHeaderLength, std::to_string(json.size()));
    response.body = std::move(json) + binary;
    return response;
  }

  static void append_output(std::string& json, std::string& binary, const engine::Tensor& tensor,
                            bool as_binary) {
    json += "{\"name\":" + json_text(tensor.name) + ",\"datatype\":\"" +
            std::string(engine::datatype_name(tensor.type)) + "\",\"shape\":[";
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
    append_bytes(binary, tensor);
    json +=
        ",\"parameters\":{\"binary_data_size\":" + std::to_string(binary.size() - before) + "}}";
  }

  std::string id_;
  bool binary_ = false;
  std::vector<RequestedOutput> outputs_;  ///< empty: all
};

Json specs_json(const std::vector<engine::TensorSpec>& specs) {
  Json json = Json::array();
  for (const engine::TensorSpec& spec : specs) {
    json.push_back({{"name", spec.name},
                    {"datatype", engine::datatype_name(spec.type)},
                    {"shape", spec.shape}});
    if (!spec.labels.empty()) json.back()["parameters"] = {{"labels", spec.labels}};
  }
  return json;
}

}  // namespace

std::unique_ptr<ProtocolAdapter> open_inference_adapter() {
  return std::make_unique<OpenInferenceAdapter>();
}

Json open_inference_server() {
  return {{"name", "vitrine"},
          {"version", kVersion},
          {"extensions", {"binary_tensor_data", "model_repository", "model_configuration"}}};
}

Json open_inference_model(const CatalogueEntry& entry, const ServedModel& model) {
  return {{"name", model.name},
          {"versions", entry.version_names()},
          {"platform", kPlatform},
          {"inputs", specs_json(input_specs(model))},
          {"outputs", specs_json(output_specs(model))}};
}

Json open_inference_config(const ServedModel& model) {
  const auto list = [](const std::vector<engine::TensorSpec>& specs) {
    Json json = Json::array();
    for (const engine::TensorSpec& spec : specs) {
      const std::string type(engine::datatype_name(spec.type));
      json.push_back({{"name", spec.name},
                      {"data_type", type == "BYTES" ? "TYPE_STRING" : "TYPE_" + type},
                      {"dims", spec.shape}});
    }
    return json;
  };
  return {{"name", model.name},
          {"platform", kPlatform},
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

}  // namespace vitrine::serve
