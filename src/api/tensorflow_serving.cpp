#include "api/tensorflow_serving.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <span>

#include "api/http_error.h"
#include "api/tensor_json.h"
#include "api/tensor_rows.h"
#include "base/text.h"
#include "data/json_element.h"
#include "data/value.h"

namespace vitrine {
namespace {

namespace dom = simdjson::dom;

Error malformed(const std::string& what) {
  return {ErrorKind::malformed, what, "the request",
          "send {\"instances\": [...]}, one a row, or {\"inputs\": {...}}, one a column"};
}

bool is_b64(const dom::element& value) {
  return value.is_object() && dom::object(value)["b64"].error() == simdjson::SUCCESS;
}

/// Whether rows are objects of plain values, as Vitrine's own; not of arrays of one value.
bool plain_rows(const TableSchema& schema, const dom::array& instances) {
  for (const dom::element one : instances) {
    if (!one.is_object()) return false;
    for (const auto field : dom::object(one)) {
      if (field.value.is_array() && schema.find(normalised(field.key)) != nullptr) return false;
    }
  }
  return true;
}

class TensorflowExchange : public Exchange {
 public:
  Question read(const ServedModel& model, const HttpRequest& request) override {
    JsonParser parser;
    dom::object root;
    if (parser.parse(request.body).get(root) != simdjson::SUCCESS) {
      throw malformed("the JSON is no object");
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
    if (columns) return question_of_tensors(model, column_tensors(model, inputs));
    if (model.predictor && plain_rows(model.card->schema, instances)) {
      JsonRows read = model.rows->read(root["instances"].value(), kMaxRowsPerRequest);
      return {.table = std::move(read.table), .warnings = std::move(read.warnings)};
    }
    if (model.photos) return photos_of(model, instances);
    return question_of_tensors(model, row_tensors(model, instances, root["instances"].value()));
  }

  HttpResponse write(const ServedModel& model, const Question&,
                     const Predictions& predictions) override {
    return respond(tensors_of_answer(model, predictions));
  }
  HttpResponse write(const ServedModel&, std::vector<Tensor> outputs) override {
    return respond(outputs);
  }
  HttpResponse fault(const Error& error) const override { return plain_error(error); }
  std::unique_ptr<Exchange> again() const override { return tensorflow_exchange(); }

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

  static std::optional<TensorType> type_of(const ServedModel& model, const std::string& name) {
    if (model.predictor) return std::nullopt;  // a cell may be a number or its digits
    for (const TensorSpec& spec : input_specs(model)) {
      if (spec.name == name) return model.photos ? std::nullopt : std::optional(spec.type);
    }
    return std::nullopt;
  }

  static std::string only_input(const ServedModel& model) {
    const auto specs = input_specs(model);
    if (specs.size() == 1) return specs[0].name;
    throw malformed("the model takes " + std::to_string(specs.size()) +
                    " inputs, and none is named");
  }

  static Tensor photo_tensor(Tensor tensor) {
    if (tensor.type != TensorType::f64) return tensor;
    Tensor bytes{std::move(tensor.name), TensorType::u8, std::move(tensor.shape), {}, {}};
    for (std::size_t i = 0; i < tensor.bytes.size(); i += sizeof(double)) {
      double value = 0;
      std::memcpy(&value, &tensor.bytes[i], sizeof value);
      if (!(value >= 0 && value <= 255) || value != std::floor(value)) {
        throw Error(ErrorKind::bad_input, "a pixel is no whole number from 0 to 255", "the request",
                    "send pixels as 0 to 255, or the photo's bytes as {\"b64\": \"...\"}", "image");
      }
      bytes.bytes += static_cast<char>(static_cast<std::uint8_t>(value));
    }
    return bytes;
  }

  static Tensor tensor_of(const ServedModel& model, const std::string& name,
                          const dom::element& value) {
    if (model.predictor && value.is_array()) {
      check_row_count(dom::array(value).size(), kMaxRowsPerRequest);
    }
    Tensor tensor = tensor_of_nested(name, type_of(model, name), value);
    return model.photos ? photo_tensor(std::move(tensor)) : tensor;
  }

  static std::vector<Tensor> column_tensors(const ServedModel& model, const dom::element& inputs) {
    std::vector<Tensor> tensors;
    if (inputs.is_object() && !is_b64(inputs)) {
      for (const auto field : dom::object(inputs)) {
        tensors.push_back(tensor_of(model, std::string(field.key), field.value));
      }
    } else {
      tensors.push_back(tensor_of(model, only_input(model), inputs));
    }
    for (Tensor& tensor : tensors) {
      if (tensor.shape.empty()) tensor.shape = {1};
    }
    return tensors;
  }

  /// An array of values, or of objects of named values: stacked to tensors.
  static std::vector<Tensor> row_tensors(const ServedModel& model, const dom::array& instances,
                                         const dom::element& whole) {
    const bool named =
        instances.size() > 0 && instances.at(0).is_object() && !is_b64(instances.at(0));
    if (!named) return {tensor_of(model, only_input(model), whole)};
    if (model.predictor) check_row_count(instances.size(), kMaxRowsPerRequest);
    std::map<std::string, Tensor> tensors;
    std::int64_t count = 0;
    for (const dom::element one : instances) {
      dom::object row;
      if (one.get(row) != simdjson::SUCCESS) throw malformed("an instance is no object");
      for (const auto field : row) {
        Tensor cell = tensor_of(model, std::string(field.key), field.value);
        auto [place, fresh] = tensors.try_emplace(cell.name, cell);
        Tensor& tensor = place->second;
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
    std::vector<Tensor> out;
    for (auto& [name, tensor] : tensors) {
      if (tensor.shape[0] != count)
        throw malformed("'" + shown(name) + "' is not in every instance");
      out.push_back(std::move(tensor));
    }
    return out;
  }

  /// Each instance is a photo: `{"b64": ...}`, pixels, or one of them under `image`.
  static Question photos_of(const ServedModel& model, const dom::array& instances) {
    Question question;
    PhotoCollector photos(model, question);
    for (const dom::element one : instances) {
      dom::element photo = one;
      if (one.is_object() && !is_b64(one) &&
          dom::object(one)["image"].get(photo) != simdjson::SUCCESS) {
        throw Error(ErrorKind::bad_input, "an instance has no 'image'", "the request",
                    "send {\"b64\": \"...\"} or {\"image\": {\"b64\": \"...\"}} for each photo",
                    "image");
      }
      Tensor tensor = tensor_of(model, "image", photo);
      tensor.shape.insert(tensor.shape.begin(), 1);
      Question one_photo = question_of_tensors(model, {std::move(tensor)});
      if (one_photo.warnings.size() != 1) throw malformed("an instance is not one photo");
      question.pixels.insert(question.pixels.end(), one_photo.pixels.begin(),
                             one_photo.pixels.end());
      question.warnings.push_back(std::move(one_photo.warnings.at(0)));
      if (question.warnings.size() > kMaxPhotosPerRequest) {
        throw Error(ErrorKind::bad_input, "too many photos in one request", "the request",
                    "send at most " + std::to_string(kMaxPhotosPerRequest));
      }
    }
    return question;
  }

  HttpResponse respond(const std::vector<Tensor>& outputs) const {
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

  /// The bare value of a single output, else an object of all.
  static void append_prediction(std::string& out, const std::vector<Tensor>& outputs,
                                std::size_t row) {
    if (outputs.size() == 1) return append_row_json(out, outputs[0], row);
    bool first = true;
    for (const Tensor& tensor : outputs) {
      if (tensor.shape.empty() || static_cast<std::size_t>(tensor.shape[0]) <= row) continue;
      out += (first ? "{" : ",") + json_text(tensor.name) + ":";
      append_row_json(out, tensor, row);
      first = false;
    }
    out += '}';
  }

  bool columns_ = false;
};

Json signature_of(const std::vector<TensorSpec>& specs) {
  static const std::map<TensorType, std::string> kNames = {
      {TensorType::boolean, "DT_BOOL"}, {TensorType::u8, "DT_UINT8"},
      {TensorType::u16, "DT_UINT16"},   {TensorType::u32, "DT_UINT32"},
      {TensorType::u64, "DT_UINT64"},   {TensorType::i8, "DT_INT8"},
      {TensorType::i16, "DT_INT16"},    {TensorType::i32, "DT_INT32"},
      {TensorType::i64, "DT_INT64"},    {TensorType::f16, "DT_HALF"},
      {TensorType::f32, "DT_FLOAT"},    {TensorType::f64, "DT_DOUBLE"},
      {TensorType::text, "DT_STRING"}};
  Json json = Json::object();
  for (const TensorSpec& spec : specs) {
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

std::unique_ptr<Exchange> tensorflow_exchange() { return std::make_unique<TensorflowExchange>(); }

Json tensorflow_status(const CatalogueEntry& entry, const ServedModel* only) {
  Json states = Json::array();
  for (const auto& [number, model] : entry.versions) {
    if (only != nullptr && number != only->version) continue;
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

}  // namespace vitrine
