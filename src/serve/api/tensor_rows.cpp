#include "serve/api/tensor_rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/base64.h"
#include "base/text.h"
#include "data/table/cell.h"
#include "data/table/json_element.h"
#include "data/table/value.h"

namespace vitrine::serve {
namespace {

template <typename T>
double read_as(const std::string& bytes, std::size_t place) {
  T value;
  std::memcpy(&value, &bytes[place * sizeof(T)], sizeof(T));
  return static_cast<double>(value);
}

data::CellValue cell_at(const engine::Tensor& tensor, std::size_t place) {
  switch (tensor.type) {
    case engine::TensorType::boolean:
      return tensor.bytes[place] != 0;
    case engine::TensorType::u8:
      return read_as<std::uint8_t>(tensor.bytes, place);
    case engine::TensorType::u16:
      return read_as<std::uint16_t>(tensor.bytes, place);
    case engine::TensorType::u32:
      return read_as<std::uint32_t>(tensor.bytes, place);
    case engine::TensorType::u64:
      return read_as<std::uint64_t>(tensor.bytes, place);
    case engine::TensorType::i8:
      return read_as<std::int8_t>(tensor.bytes, place);
    case engine::TensorType::i16:
      return read_as<std::int16_t>(tensor.bytes, place);
    case engine::TensorType::i32:
      return read_as<std::int32_t>(tensor.bytes, place);
    case engine::TensorType::i64:
      return read_as<std::int64_t>(tensor.bytes, place);
    case engine::TensorType::f16:
      return engine::fp16_at(tensor.bytes, place);
    case engine::TensorType::f32:
      return read_as<float>(tensor.bytes, place);
    case engine::TensorType::f64:
      return read_as<double>(tensor.bytes, place);
    case engine::TensorType::text:
      return std::string_view(tensor.texts[place]);
  }
  unknown_kind("tensor type", tensor.type);
}

Error wrong_shape(const engine::Tensor& tensor, const std::string& wanted) {
  return {ErrorKind::bad_input,
          "the input '" + shown(tensor.name) + "' does not have the shape " + wanted, "the request",
          "send the shape that the model's metadata lists", tensor.name};
}

/// The number of rows of a tensor with one value per row: [N] or [N, 1].
std::size_t rows_of(const engine::Tensor& tensor) {
  const auto& shape = tensor.shape;
  const bool fits = shape.size() == 1 || (shape.size() == 2 && shape[1] == 1);
  if (!fits) throw wrong_shape(tensor, "[rows, 1]");
  return static_cast<std::size_t>(shape[0]);
}

InferenceRequest rows_of_json(const ServedModel& model, const engine::Tensor& tensor) {
  const std::size_t count = rows_of(tensor);
  data::check_row_count(count, kMaxRowsPerRequest);
  if (tensor.type != engine::TensorType::text) {
    throw Error(ErrorKind::bad_input, "the input 'row' is not BYTES", "the request",
                "send JSON objects, one per row", "row");
  }
  std::string joined = "[";
  for (const std::string& text : tensor.texts) joined += (joined.size() > 1 ? "," : "") + text;
  data::JsonRows rows = model.rows->read(joined + "]", kMaxRowsPerRequest);
  if (rows.table.rows != count) {
    throw Error(ErrorKind::bad_input, "an element of 'row' is more than one object", "the request",
                "send one JSON object per element", "row");
  }
  return {.table = std::move(rows.table), .warnings = std::move(rows.warnings)};
}

InferenceRequest rows_of_columns(const ServedModel& model,
                                 const std::vector<engine::Tensor>& tensors) {
  const data::TableSchema& schema = model.card->schema;
  const std::size_t rows = tensors.empty() ? 0 : rows_of(tensors[0]);
  data::check_row_count(rows, kMaxRowsPerRequest);
  InferenceRequest inference{.table = data::missing_rows(schema, rows)};
  inference.warnings.resize(rows);
  std::vector<char> given(schema.columns.size(), 0);
  std::vector<std::string> unknown;
  for (const engine::Tensor& tensor : tensors) {
    const data::Column* column = schema.find_named(tensor.name);
    if (column == nullptr) {
      unknown.push_back("'" + shown(tensor.name) + "'");
      continue;
    }
    if (rows_of(tensor) != rows) {
      throw Error(ErrorKind::bad_input,
                  "the inputs '" + shown(tensors[0].name) + "' and '" + shown(tensor.name) +
                      "' have different numbers of rows",
                  "the request", "send the same number of values for each column", tensor.name);
    }
    const auto place = static_cast<std::size_t>(column - schema.columns.data());
    given[place] = 1;
    for (std::size_t row = 0; row < rows; ++row) {
      data::read_cell(*column, cell_at(tensor, row), inference.table.columns[place], row,
                      "row " + std::to_string(row), inference.warnings[row]);
    }
  }
  if (!unknown.empty() && rows > 0) {  // reported once, since it concerns all rows
    inference.warnings[0].push_back("unknown inputs are ignored: " + listed(unknown, 20));
  }
  std::vector<std::string> absent;
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (given[i] == 0 && !schema.columns[i].had_missing()) absent.push_back(schema.columns[i].key);
  }
  if (!absent.empty()) {
    throw Error(ErrorKind::bad_input, "inputs are missing: " + listed(absent, 30), "the request",
                "send a tensor for each of them, or whole rows as JSON in one BYTES input 'row'",
                absent[0]);
  }
  return inference;
}

data::Image image_at(const engine::Tensor& tensor, std::size_t place) {
  data::Image image{static_cast<int>(tensor.shape[2]), static_cast<int>(tensor.shape[1]), {}};
  const std::size_t size = static_cast<std::size_t>(image.width) * image.height * 3;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&tensor.bytes[place * size]);
  image.pixels.assign(bytes, bytes + size);
  return image;
}

InferenceRequest photos_of(const ServedModel& model, std::vector<engine::Tensor> tensors) {
  const auto tensor = std::ranges::find_if(
      tensors, [](const engine::Tensor& one) { return data::normalised(one.name) == "image"; });
  if (tensor == tensors.end()) {
    throw Error(ErrorKind::bad_input, "the input 'image' is missing", "the request",
                "send photos as 'image': BYTES of files, or UINT8 [N, height, width, 3]", "image");
  }
  InferenceRequest inference;
  PhotoCollector photos(model, inference);
  if (tensor->type == engine::TensorType::text) {
    for (std::string& text : tensor->texts) {
      if (!data::image_format(text)) {
        if (auto bytes = decode_base64(text)) text = std::move(*bytes);
      }
      photos.add_encoded(text);
    }
  } else if (tensor->type == engine::TensorType::u8 && tensor->shape.size() == 4 &&
             tensor->shape[3] == 3) {
    if (tensor->shape[1] < 1 || tensor->shape[2] < 1 || tensor->shape[1] > 65535 ||
        tensor->shape[2] > 65535) {
      throw wrong_shape(*tensor, "[photos, height, width, 3]");
    }
    for (std::size_t i = 0; i < static_cast<std::size_t>(tensor->shape[0]); ++i) {
      photos.add_pixels(image_at(*tensor, i));
    }
  } else {
    throw wrong_shape(*tensor, "[photos, height, width, 3] of UINT8, or [photos] of BYTES");
  }
  return inference;
}

std::vector<engine::Tensor> tensors_of_numbers(const data::NumberTarget& target,
                                               const engine::Predictions& predictions) {
  const auto rows = static_cast<std::int64_t>(predictions.predicted.size());
  const auto names = data::output_names(target);
  std::vector<engine::Tensor> tensors;
  for (std::size_t k = 0; k < names.size(); ++k) {
    std::vector<float> column;
    for (std::size_t at = k; at < predictions.probabilities.size(); at += names.size()) {
      column.push_back(predictions.probabilities[at]);
    }
    tensors.push_back({names[k], engine::TensorType::f32, {rows, 1}, {}, {}});
    tensors.back().bytes.assign(reinterpret_cast<const char*>(column.data()),
                                column.size() * sizeof(float));
  }
  return tensors;
}

engine::TensorType tensor_type_of(const data::Column& column) {
  switch (column.kind) {
    case data::ColumnKind::number:
      return column.origin ? engine::TensorType::f64 : engine::TensorType::f32;
    case data::ColumnKind::category:
    case data::ColumnKind::date:
    case data::ColumnKind::text:
      return engine::TensorType::text;
  }
  unknown_kind("column kind", column.kind);
}

}  // namespace

std::vector<engine::TensorSpec> input_specs(const ServedModel& model) {
  if (model.tensors) return model.tensors->inputs();
  if (model.photos) {
    const data::Resize& resize = model.photos->resize();
    return {{"image", engine::TensorType::u8, {-1, resize.height, resize.width, 3}}};
  }
  std::vector<engine::TensorSpec> specs;
  for (const data::Column& column : model.card->schema.columns) {
    specs.push_back({column.key, tensor_type_of(column), {-1, 1}});
  }
  return specs;
}

std::vector<engine::TensorSpec> output_specs(const ServedModel& model) {
  if (model.tensors) return model.tensors->outputs();
  if (const auto& number = model.card->schema.target.number) {
    std::vector<engine::TensorSpec> specs;
    for (const char* name : data::output_names(*number)) {
      specs.push_back({name, engine::TensorType::f32, {-1, 1}});
    }
    return specs;
  }
  const auto classes = static_cast<std::int64_t>(model.card->schema.target.classes.size());
  return {{"label", engine::TensorType::text, {-1}},
          {"probabilities", engine::TensorType::f32, {-1, classes}}};
}

InferenceRequest request_of_tensors(const ServedModel& model, std::vector<engine::Tensor> tensors) {
  if (model.tensors) return {.tensors = std::move(tensors)};
  if (model.photos) return photos_of(model, std::move(tensors));
  if (tensors.size() == 1 && data::normalised(tensors[0].name) == "row" &&
      model.card->schema.find("row") == nullptr) {
    return rows_of_json(model, tensors[0]);
  }
  return rows_of_columns(model, tensors);
}

std::vector<engine::Tensor> tensors_of_predictions(const ServedModel& model,
                                                   const engine::Predictions& predictions) {
  const auto rows = static_cast<std::int64_t>(predictions.predicted.size());
  const data::Target& target = model.card->schema.target;
  if (target.number) return tensors_of_numbers(*target.number, predictions);
  engine::Tensor label{"label", engine::TensorType::text, {rows}, {}, {}};
  for (const int answer : predictions.predicted) {
    label.texts.push_back(target.classes[static_cast<std::size_t>(answer)].value);
  }
  engine::Tensor probabilities{"probabilities",
                               engine::TensorType::f32,
                               {rows, static_cast<std::int64_t>(predictions.classes)},
                               {},
                               {}};
  probabilities.bytes.assign(reinterpret_cast<const char*>(predictions.probabilities.data()),
                             predictions.probabilities.size() * sizeof(float));
  return {std::move(label), std::move(probabilities)};
}

}  // namespace vitrine::serve
