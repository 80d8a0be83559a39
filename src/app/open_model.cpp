#include "app/open_model.h"

#include <cmath>

#include "app/photo_input.h"
#include "base/error.h"
#include "data/table/cell.h"
#include "data/table/row.h"
#include "data/table/value.h"

namespace vitrine::app {
namespace {

constexpr std::size_t kMostRows = std::size_t{1} << 24;

/// The column's values, one after the other, into `to`; all missing if it has none.
void read_column(const data::Column& column, const InputColumn& from, std::size_t rows,
                 data::ColumnData& to, std::vector<std::vector<std::string>>& warnings) {
  for (std::size_t row = 0; row < rows; ++row) {
    data::CellValue value = nullptr;
    if (!from.numbers.empty()) {
      if (!std::isnan(from.numbers[row])) value = from.numbers[row];
    } else if (!from.strings.empty() && from.strings[row] != nullptr) {
      value = std::string_view(from.strings[row]);
    }
    data::read_cell(column, value, to, row, "row " + std::to_string(row), warnings[row]);
  }
}

WarnedPredictions warned(PhotoPrediction one) {
  const std::size_t classes = one.probabilities.size();
  return {{classes, std::move(one.probabilities), {one.answer}}, {std::move(one.warnings)}};
}

}  // namespace

OpenModel::OpenModel(const std::filesystem::path& path)
    : file_(model::read_model(path)), name_(path.stem().string()) {
  open();
}

OpenModel::OpenModel(std::string bytes, const std::string& name)
    : file_(model::parse_model(std::move(bytes), name)),
      name_(std::filesystem::path(name).stem().string()) {
  open();
}

OpenModel::~OpenModel() = default;
OpenModel::OpenModel(OpenModel&&) noexcept = default;

void OpenModel::open() {
  if (file_.of_photos()) {
    images_ = std::make_unique<engine::ImagePredictor>(file_);
  } else {
    rows_ = engine::open_predictor(file_);  // refuses a file without a card
  }
  writer_ = std::make_unique<engine::PredictionWriter>(*file_.card, name_);
}

std::string OpenModel::engine() const { return images_ ? images_->engine() : rows_->engine(); }

const engine::Predictor& OpenModel::rows() const {
  if (rows_) return *rows_;
  throw Error(ErrorKind::usage, "this is an image model, not a table model", file_.path,
              "give it images");
}

const engine::ImagePredictor& OpenModel::images() const {
  if (images_) return *images_;
  throw Error(ErrorKind::usage, "this is a table model, not an image model", file_.path,
              "give it rows");
}

data::Table OpenModel::read_rows(std::string_view json,
                                 std::vector<std::vector<std::string>>& warnings) const {
  (void)rows();
  data::JsonRows read = data::read_json_rows(card().schema, json, kMostRows);
  warnings = std::move(read.warnings);
  return std::move(read.table);
}

WarnedPredictions OpenModel::predict_json(std::string_view json) const {
  WarnedPredictions out;
  const data::Table table = read_rows(json, out.warnings);
  out.predictions = rows().predict(table);
  return out;
}

WarnedPredictions OpenModel::predict_columns(std::span<const InputColumn> columns,
                                             std::size_t count) const {
  const data::TableSchema& schema = card().schema;
  WarnedPredictions out;
  out.warnings.resize(count);
  data::Table table = data::missing_rows(schema, count);
  std::vector<char> given(schema.columns.size(), 0);
  for (const InputColumn& column : columns) {
    const data::Column* known = schema.find_named(column.name);
    if (known == nullptr) continue;
    const auto place = static_cast<std::size_t>(known - schema.columns.data());
    if (std::exchange(given[place], 1) != 0) {
      throw Error(ErrorKind::bad_input, "the column is given twice", shown(column.name),
                  "give each column once", known->key);
    }
    read_column(*known, column, count, table.columns[place], out.warnings);
  }
  // A column that is not there is a missing value in each row, where the model allows that.
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (given[i] == 0) read_column(schema.columns[i], {}, count, table.columns[i], out.warnings);
  }
  out.predictions = rows().predict(table);
  return out;
}

WarnedPredictions OpenModel::predict_image(std::string_view bytes) const {
  return warned(predict_photo(images(), bytes, "the image", /*explain=*/false));
}

WarnedPredictions OpenModel::predict_image(const data::Image& image) const {
  return warned(predict_photo(images(), image, /*explain=*/false));
}

std::string OpenModel::explain_json(std::string_view json) const {
  std::vector<std::vector<std::string>> warnings;
  const data::Table table = read_rows(json, warnings);
  const engine::Predictions answers = rows().predict(table);
  const engine::Contributions contributions = rows().explain(table);
  std::string out;
  for (std::size_t row = 0; row < table.rows; ++row) {
    writer_->json(out, std::span(&answers.probabilities[row * answers.classes], answers.classes),
                  answers.predicted[row], warnings[row], {}, {&table, row});
    writer_->add_explanation(out, contributions, row, answers.predicted[row]);
    out += '\n';
  }
  return out;
}

std::string OpenModel::explain_image(std::string_view bytes) const {
  const PhotoPrediction one = predict_photo(images(), bytes, "the image", /*explain=*/true);
  std::string out;
  writer_->json(out, one.probabilities, one.answer, one.warnings);
  writer_->add_explanation(out, one.occlusion_scores, one.answer);
  return out + "\n";
}

}  // namespace vitrine::app
