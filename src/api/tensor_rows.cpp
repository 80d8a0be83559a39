#include "api/tensor_rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/base64.h"
#include "base/text.h"
#include "data/cell.h"
#include "data/json_element.h"
#include "data/value.h"

namespace vitrine {
namespace {

template <typename T>
double read_as(const std::string& bytes, std::size_t place) {
  T value;
  std::memcpy(&value, &bytes[place * sizeof(T)], sizeof(T));
  return static_cast<double>(value);
}

CellValue cell_at(const Tensor& tensor, std::size_t place) {
  switch (tensor.type) {
    case TensorType::boolean:
      return tensor.bytes[place] != 0;
    case TensorType::u8:
      return read_as<std::uint8_t>(tensor.bytes, place);
    case TensorType::u16:
      return read_as<std::uint16_t>(tensor.bytes, place);
    case TensorType::u32:
      return read_as<std::uint32_t>(tensor.bytes, place);
    case TensorType::u64:
      return read_as<std::uint64_t>(tensor.bytes, place);
    case TensorType::i8:
      return read_as<std::int8_t>(tensor.bytes, place);
    case TensorType::i16:
      return read_as<std::int16_t>(tensor.bytes, place);
    case TensorType::i32:
      return read_as<std::int32_t>(tensor.bytes, place);
    case TensorType::i64:
      return read_as<std::int64_t>(tensor.bytes, place);
    case TensorType::f16:
      return half_at(tensor.bytes, place);
    case TensorType::f32:
      return read_as<float>(tensor.bytes, place);
    case TensorType::f64:
      return read_as<double>(tensor.bytes, place);
    case TensorType::text:
      return std::string_view(tensor.texts[place]);
  }
  unknown_kind("tensor type", tensor.type);
}

Error wrong_shape(const Tensor& tensor, const std::string& wanted) {
  return {ErrorKind::bad_input,
          "the input '" + shown(tensor.name) + "' has not the shape " + wanted, "the request",
          "send it as the model's metadata says", tensor.name};
}

/// Rows of a tensor of one value a row: [N] or [N, 1].
std::size_t rows_of(const Tensor& tensor) {
  const auto& shape = tensor.shape;
  const bool fits = shape.size() == 1 || (shape.size() == 2 && shape[1] == 1);
  if (!fits) throw wrong_shape(tensor, "[rows, 1]");
  return static_cast<std::size_t>(shape[0]);
}

Question rows_of_json(const ServedModel& model, const Tensor& tensor) {
  const std::size_t count = rows_of(tensor);
  check_row_count(count, kMaxRowsPerRequest);
  if (tensor.type != TensorType::text) {
    throw Error(ErrorKind::bad_input, "the input 'row' is not BYTES", "the request",
                "send JSON objects, one a row", "row");
  }
  std::string joined = "[";
  for (const std::string& text : tensor.texts) joined += (joined.size() > 1 ? "," : "") + text;
  JsonRows rows = model.rows->read(joined + "]", kMaxRowsPerRequest);
  if (rows.table.rows != count) {
    throw Error(ErrorKind::bad_input, "an element of 'row' is more than one object", "the request",
                "send one JSON object an element", "row");
  }
  return {.table = std::move(rows.table), .warnings = std::move(rows.warnings)};
}

Question rows_of_columns(const ServedModel& model, const std::vector<Tensor>& tensors) {
  const TableSchema& schema = model.card->schema;
  const std::size_t rows = tensors.empty() ? 0 : rows_of(tensors[0]);
  check_row_count(rows, kMaxRowsPerRequest);
  Question question{.table = missing_rows(schema, rows)};
  question.warnings.resize(rows);
  std::vector<char> given(schema.columns.size(), 0);
  std::vector<std::string> unknown;
  for (const Tensor& tensor : tensors) {
    const Column* column = schema.find(normalised(tensor.name));
    if (column == nullptr) {
      unknown.push_back("'" + shown(tensor.name) + "'");
      continue;
    }
    if (rows_of(tensor) != rows) {
      throw Error(ErrorKind::bad_input,
                  "the inputs '" + shown(tensors[0].name) + "' and '" + shown(tensor.name) +
                      "' have different numbers of rows",
                  "the request", "send as many values of each column", tensor.name);
    }
    const auto place = static_cast<std::size_t>(column - schema.columns.data());
    given[place] = 1;
    for (std::size_t row = 0; row < rows; ++row) {
      read_cell(*column, cell_at(tensor, row), question.table.columns[place], row,
                "row " + std::to_string(row), question.warnings[row]);
    }
  }
  if (!unknown.empty() && rows > 0) {  // said once: they concern all rows alike
    question.warnings[0].push_back("unknown inputs are ignored: " + listed(unknown, 20));
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
  return question;
}

Image image_at(const Tensor& tensor, std::size_t place) {
  Image image{static_cast<int>(tensor.shape[2]), static_cast<int>(tensor.shape[1]), {}};
  const std::size_t size = static_cast<std::size_t>(image.width) * image.height * 3;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&tensor.bytes[place * size]);
  image.pixels.assign(bytes, bytes + size);
  return image;
}

Question photos_of(const ServedModel& model, std::vector<Tensor> tensors) {
  const auto tensor = std::ranges::find_if(
      tensors, [](const Tensor& one) { return normalised(one.name) == "image"; });
  if (tensor == tensors.end()) {
    throw Error(ErrorKind::bad_input, "the input 'image' is missing", "the request",
                "send photos as 'image': BYTES of files, or UINT8 [N, height, width, 3]", "image");
  }
  Question question;
  PhotoCollector photos(model, question);
  if (tensor->type == TensorType::text) {
    for (std::string& text : tensor->texts) {
      if (!image_format(text)) {
        if (auto bytes = decode_base64(text)) text = std::move(*bytes);
      }
      photos.add_encoded(text);
    }
  } else if (tensor->type == TensorType::u8 && tensor->shape.size() == 4 && tensor->shape[3] == 3) {
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
  return question;
}

}  // namespace

std::vector<TensorSpec> input_specs(const ServedModel& model) {
  if (model.tensors) return model.tensors->inputs();
  if (model.photos) {
    const Resize& resize = model.photos->resize();
    return {{"image", TensorType::u8, {-1, resize.height, resize.width, 3}}};
  }
  std::vector<TensorSpec> specs;
  for (const Column& column : model.card->schema.columns) {
    const TensorType type = column.kind == ColumnKind::category ? TensorType::text
                            : column.origin                     ? TensorType::f64
                                                                : TensorType::f32;
    specs.push_back({column.key, type, {-1, 1}});
  }
  return specs;
}

std::vector<TensorSpec> output_specs(const ServedModel& model) {
  if (model.tensors) return model.tensors->outputs();
  const auto classes = static_cast<std::int64_t>(model.card->schema.target.classes.size());
  return {{"label", TensorType::text, {-1}}, {"probabilities", TensorType::f32, {-1, classes}}};
}

Question question_of_tensors(const ServedModel& model, std::vector<Tensor> tensors) {
  if (model.tensors) return {.tensors = std::move(tensors)};
  if (model.photos) return photos_of(model, std::move(tensors));
  if (tensors.size() == 1 && normalised(tensors[0].name) == "row" &&
      model.card->schema.find("row") == nullptr) {
    return rows_of_json(model, tensors[0]);
  }
  return rows_of_columns(model, tensors);
}

std::vector<Tensor> tensors_of_answer(const ServedModel& model, const Predictions& predictions) {
  const auto rows = static_cast<std::int64_t>(predictions.answers.size());
  const Target& target = model.card->schema.target;
  Tensor label{"label", TensorType::text, {rows}, {}, {}};
  for (const int answer : predictions.answers) {
    label.texts.push_back(target.classes[static_cast<std::size_t>(answer)].value);
  }
  Tensor probabilities{"probabilities",
                       TensorType::f32,
                       {rows, static_cast<std::int64_t>(predictions.classes)},
                       {},
                       {}};
  probabilities.bytes.assign(reinterpret_cast<const char*>(predictions.probabilities.data()),
                             predictions.probabilities.size() * sizeof(float));
  return {std::move(label), std::move(probabilities)};
}

}  // namespace vitrine
