// Plan of the file: TensorflowAdapter reads a request in row form (`instances`) or column form
// (`inputs`). Rows of plain values are read as Vitrine's own rows; everything else becomes tensors
// (row_tensors() stacks instances, column_tensors() takes inputs as they are), photos one by one.
// The response has the same form: `predictions` or `outputs`. At the end: status and metadata.
#include "serve/api/tensorflow_serving.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <span>

#include "base/text.h"
#include "data/table/json_element.h"
#include "data/table/value.h"
#include "serve/api/http_error.h"
#include "serve/api/tensor_json.h"
#include "serve/api/tensor_rows.h"

namespace vitrine::serve {
namespace {

namespace dom = simdjson::dom;

Error malformed(const std::string& what) {
  return {ErrorKind::malformed, what, "the request",
          "send {\"instances\": [...]}, one per row, or {\"inputs\": {...}}, one per column"};
}

bool is_b64(const dom::element& value) {
  return value.is_object() && dom::object(value)["b64"].error() == simdjson::SUCCESS;
}

/// Whether the instances are rows as in Vitrine's own protocol: objects of plain values instead of
/// arrays of one value.
bool plain_rows(const data::TableSchema& schema, const dom::array& instances) {
  for (const dom::element one : instances) {
    if (!one.is_object()) return false;
    for (const auto field : dom::object(one)) {
      if (field.value.is_array() && schema.find_named(field.key) != nullptr) return false;
    }
  }
  return true;
}

class TensorflowAdapter : public ProtocolAdapter {
 public:
  InferenceRequest read(const ServedModel& model, const HttpRequest& request) override {
    data::JsonParser parser;
    dom::object root;
    if (parser.parse(request.body).get(root) != simdjson::SUCCESS) {
      throw malformed("the JSON is not an object");
    }
    check_signature(root);
    dom::array instances;
    dom::element inputs;
    const bool rows = root["instances"].get(instances) == simdjson::SUCCESS;
    const bool columns = root["inputs"].get(inputs) == simdjson::SUCCESS;
    if (rows == columns) {
      throw malformed(rows ? "there are both 'instances' and 'inputs'"
                           : "there is neither an array 'instances' nor 'inputs'");
    }
    columns_ = columns;
    if (columns) return request_of_tensors(model, column_tensors(model, inputs));
    if (model.predictor && plain_rows(model.card->schema, instances)) {
      data::JsonRows read = model.rows->read(root["instances"].value(), kMaxRowsPerRequest);
      return {.table = std::move(read.table), .warnings = std::move(read.warnings)};
    }
    if (model.photos) return photos_of(model, instances);
    return request_of_tensors(model, row_tensors(model, instances, root["instances"].value()));
  }

  HttpResponse write(const ServedModel& model, const InferenceRequest&,
                     const engine::Predictions& predictions) override {
    return respond(tensors_of_predictions(model, predictions));
  }
  HttpResponse write_tensors(const ServedModel&, std::vector<engine::Tensor> outputs) override {
    return respond(outputs);
  }
  HttpResponse write_error(const Error& error) const override { return plain_error(error); }
  std::unique_ptr<ProtocolAdapter> clone() const override { return tensorflow_adapter(); }

 private:
  static void check_signature(const dom::object& root) {
    std::string_view name;
    if (root["signature_name"].get(name) == simdjson::SUCCESS && !name.empty() &&
        name != "serving_default") {
      throw Error(ErrorKind::bad_input, "there is no signature '" + shown(name) + "'",
                  "the request", "leave signature_name out, or send serving_default",
                  "signature_name");
    }
  }

  static std::optional<engine::TensorType> type_of(const ServedModel& model,
                                                   const std::string& name) {
    if (model.predictor) return std::nullopt;  // a cell may be a number, or a text with one
    for (const engine::TensorSpec& spec : input_specs(model)) {
      if (spec.name == name) return model.photos ? std::nullopt : std::optional(spec.type);
    }
    return std::nullopt;
  }

  static std::string only_input(const ServedModel& model) {
    const auto specs = input_specs(model);
    if (specs.size() == 1) return specs[0].name;
    throw malformed("the model has " + std::to_string(specs.size()) +
                    " inputs, but the request names none");
  }

  static engine::Tensor photo_tensor(engine::Tensor tensor) {
    if (tensor.type != engine::TensorType::f64) return tensor;
    engine::Tensor bytes{
        std::move(tensor.name), engine::TensorType::u8, std::move(tensor.shape), {}, {}};
    for (std::size_t i = 0; i < tensor.bytes.size(); i += sizeof(double)) {
      double value = 0;
      std::memcpy(&value, &tensor.bytes[i], sizeof value);
      if (!(value >= 0 && value <= 255) || value != std::floor(value)) {
        throw Error(ErrorKind::bad_input, "a pixel is not a whole number from 0 to 255",
                    "the request",
                    "send pixels as 0 to 255, or the photo's bytes as {\"b64\": \"...\"}", "image");
      }
      bytes.bytes += static_cast<char>(static_cast<std::uint8_t>(value));
    }
    return bytes;
  }

  static engine::Tensor tensor_of(const ServedModel& model, const std::string& name,
                                  const dom::element& value) {
    if (model.predictor && value.is_array()) {
      data::check_row_count(dom::array(value).size(), kMaxRowsPerRequest);
    }
    engine::Tensor tensor = tensor_of_nested(name, type_of(model, name), value);
    return model.photos ? photo_tensor(std::move(tensor)) : tensor;
  }

  static std::vector<engine::Tensor> column_tensors(const ServedModel& model,
                                                    const dom::element& inputs) {
    std::vector<engine::Tensor> tensors;
    if (inputs.is_object() && !is_b64(inputs)) {
      for (const auto field : dom::object(inputs)) {
        tensors.push_back(tensor_of(model, std::string(field.key), field.value));
      }
    } else {
      tensors.push_back(tensor_of(model, only_input(model), inputs));
    }
    for (engine::Tensor& tensor : tensors) {
      if (tensor.shape.empty()) tensor.shape = {1};
    }
    return tensors;
  }

  /// Stacks an array of values, or of objects of named values, to tensors.
  static std::vector<engine::Tensor> row_tensors(const ServedModel& model,
                                                 const dom::array& instances,
                                                 const dom::element& whole) {
    const bool named =
        instances.size() > 0 && instances.at(0).is_object() && !is_b64(instances.at(0));
    if (!named) return {tensor_of(model, only_input(model), whole)};
    if (model.predictor) data::check_row_count(instances.size(), kMaxRowsPerRequest);
    std::map<std::string, engine::Tensor> tensors;
    std::int64_t count = 0;
    for (const dom::element one : instances) {
      dom::object row;
      if (one.get(row) != simdjson::SUCCESS) throw malformed("an instance is not an object");
      for (const auto field : row) {
        engine::Tensor cell = tensor_of(model, std::string(field.key), field.value);
        auto [place, fresh] = tensors.try_emplace(cell.name, cell);
        engine::Tensor& tensor = place->second;
        if (fresh) {
          tensor.shape.insert(tensor.shape.begin(), 1);
        } else if (!std::ranges::equal(cell.shape, std::span(tensor.shape).subspan(1)) ||
                   cell.type != tensor.type) {
          throw malformed("the instances differ in '" + shown(cell.name) + "'");
        } else {
          ++tensor.shape[0];
          tensor.bytes += cell.bytes;
          tensor.texts.insert(tensor.texts.end(), cell.texts.begin(), cell.texts.end());
        }
      }
      ++count;
    }
    std::vector<engine::Tensor> out;
    for (auto& [name, tensor] : tensors) {
      if (tensor.shape[0] != count)
        throw malformed("'" + shown(name) + "' is not in every instance");
      out.push_back(std::move(tensor));
    }
    return out;
  }

  /// Reads photos. An instance is `{"b64": ...}`, pixels, or an object with one of them as `image`.
  static InferenceRequest photos_of(const ServedModel& model, const dom::array& instances) {
    InferenceRequest inference;
    PhotoCollector photos(model, inference);
    for (const dom::element one : instances) {
      dom::element photo = one;
      if (one.is_object() && !is_b64(one) &&
          dom::object(one)["image"].get(photo) != simdjson::SUCCESS) {
        throw Error(ErrorKind::bad_input, "an instance has no 'image'", "the request",
                    "send {\"b64\": \"...\"} or {\"image\": {\"b64\": \"...\"}} for each photo",
                    "image");
      }
      engine::Tensor tensor = tensor_of(model, "image", photo);
      tensor.shape.insert(tensor.shape.begin(), 1);
      InferenceRequest one_photo = request_of_tensors(model, {std::move(tensor)});
      if (one_photo.warnings.size() != 1) throw malformed("an instance is not one photo");
      inference.pixels.insert(inference.pixels.end(), one_photo.pixels.begin(),
                              one_photo.pixels.end());
      inference.warnings.push_back(std::move(one_photo.warnings.at(0)));
      if (inference.warnings.size() > kMaxPhotosPerRequest) {
        throw Error(ErrorKind::bad_input, "too many photos in one request", "the request",
                    "send at most " + std::to_string(kMaxPhotosPerRequest));
      }
    }
    return inference;
  }

  HttpResponse respond(const std::vector<engine::Tensor>& outputs) const {
    HttpResponse response;
    std::string& out = response.body;
    if (columns_) {
      out = "{\"outputs\":";
      if (outputs.size() == 1) {
        append_nested_json(out, outputs[0]);
      } else {
        for (std::size_t i = 0; i < outputs.size(); ++i) {
          out += (i == 0 ? "{" : ",") + json_text(outputs[i].name) + ":";
          append_nested_json(out, outputs[i]);
        }
        out += '}';
      }
    } else {
      out = "{\"predictions\":[";
      const std::size_t rows = outputs.empty() || outputs[0].shape.empty()
                                   ? 0
                                   : static_cast<std::size_t>(outputs[0].shape[0]);
      for (std::size_t row = 0; row < rows; ++row) {
        if (row > 0) out += ',';
        append_prediction(out, outputs, row);
      }
      out += ']';
    }
    out += "}\n";
    return response;
  }

  /// Appends the value of a single output, else an object of all outputs.
  static void append_prediction(std::string& out, const std::vector<engine::Tensor>& outputs,
                                std::size_t row) {
    if (outputs.size() == 1) return append_row_json(out, outputs[0], row);
    bool first = true;
    for (const engine::Tensor& tensor : outputs) {
      if (tensor.shape.empty() || static_cast<std::size_t>(tensor.shape[0]) <= row) continue;
      out += (first ? "{" : ",") + json_text(tensor.name) + ":";
      append_row_json(out, tensor, row);
      first = false;
    }
    out += '}';
  }

  bool columns_ = false;
};

Json signature_of(const std::vector<engine::TensorSpec>& specs) {
  static const std::map<engine::TensorType, std::string> kNames = {
      {engine::TensorType::boolean, "DT_BOOL"}, {engine::TensorType::u8, "DT_UINT8"},
      {engine::TensorType::u16, "DT_UINT16"},   {engine::TensorType::u32, "DT_UINT32"},
      {engine::TensorType::u64, "DT_UINT64"},   {engine::TensorType::i8, "DT_INT8"},
      {engine::TensorType::i16, "DT_INT16"},    {engine::TensorType::i32, "DT_INT32"},
      {engine::TensorType::i64, "DT_INT64"},    {engine::TensorType::f16, "DT_HALF"},
      {engine::TensorType::f32, "DT_FLOAT"},    {engine::TensorType::f64, "DT_DOUBLE"},
      {engine::TensorType::text, "DT_STRING"}};
  Json json = Json::object();
  for (const engine::TensorSpec& spec : specs) {
    Json dims = Json::array();
    for (const std::int64_t size : spec.shape) {
      dims.push_back({{"size", std::to_string(size)}, {"name", ""}});
    }
    json[spec.name] = {{"dtype", kNames.at(spec.type)},
                       {"tensor_shape", {{"dim", dims}, {"unknown_rank", false}}},
                       {"name", spec.name}};
  }
  return json;
}

}  // namespace

std::unique_ptr<ProtocolAdapter> tensorflow_adapter() {
  return std::make_unique<TensorflowAdapter>();
}

Json tensorflow_status(const CatalogueEntry& entry, const ServedModel* only_version) {
  Json states = Json::array();
  for (const auto& [number, model] : entry.versions) {
    if (only_version != nullptr && number != only_version->version) continue;
    states.push_back({{"version", std::to_string(number)},
                      {"state", "AVAILABLE"},
                      {"status", {{"error_code", "OK"}, {"error_message", ""}}}});
  }
  return {
      {"name", entry.name}, {"ready", !entry.versions.empty()}, {"model_version_status", states}};
}

Json tensorflow_metadata(const ServedModel& model) {
  const Json signature{{"inputs", signature_of(input_specs(model))},
                       {"outputs", signature_of(output_specs(model))},
                       {"method_name", "tensorflow/serving/predict"}};
  return {
      {"model_spec",
       {{"name", model.name}, {"signature_name", ""}, {"version", std::to_string(model.version)}}},
      {"metadata", {{"signature_def", {{"signature_def", {{"serving_default", signature}}}}}}}};
}

}  // namespace vitrine::serve
