#include "app/import_check.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <vector>

#include "app/photo_input.h"
#include "app/row_input.h"
#include "base/error.h"
#include "base/text.h"
#include "data/table/table_file.h"
#include "data/table/value.h"
#include "engine/margin_link.h"
#include "engine/predictor.h"

namespace vitrine::app {
namespace {

/// The answers of the library.
class Answers {
 public:
  Answers(const data::Target& target, const ImportCheck& check, bool logits)
      : target_(target), tolerance_(check.tolerance), where_(check.answers), logits_(logits) {
    const data::TableFile file(data::TableName{check.answers},
                               {.header = data::ReadOptions::Header::absent});
    // A header is looked for here: `False` is no name of a column, but a label.
    table_ = file.read({.keep_all_text = true});
    first_ = is_header() ? 1 : 0;
    const std::size_t columns = table_.columns.size();
    if (columns != 1 && columns != target.classes.size()) {
      refuse("the answers have " + counted(columns, "column"));
    }
    labels_ = columns == 1 && !target.number && all_labels();
    if (columns == 1 && !labels_ && !target.number && target.classes.size() != 2) {
      refuse("an answer is none of the classes");
    }
  }

  std::size_t rows() const { return table_.rows - first_; }

  /// The largest difference of a row. Throws Error(failed).
  double compare(std::size_t row, const engine::Predictions& got) const {
    if (labels_) {
      const std::string wanted = text(0, row);
      const auto own = target_.class_names()[static_cast<std::size_t>(got.predicted[row])];
      if (data::class_of(target_, wanted) != got.predicted[row]) differs(row, wanted, own);
      return 0;
    }
    const float* outputs = &got.probabilities[row * got.classes];
    double largest = 0;
    const std::size_t columns = table_.columns.size();
    const std::vector<double> answers = answers_of(row);
    for (std::size_t k = 0; k < columns; ++k) {
      const double wanted = answers[k];
      const std::size_t place = columns == 1 && !target_.number ? 1 : k;
      const auto own = static_cast<double>(outputs[place]);
      const double difference = std::abs(own - wanted) / std::max(1.0, std::abs(wanted));
      if (!(difference <= tolerance_)) {
        differs(row, data::number_text(wanted), data::number_text(own));
      }
      largest = std::max(largest, difference);
    }
    return largest;
  }

 private:
  /// The answers of a row; logits become probabilities.
  std::vector<double> answers_of(std::size_t row) const {
    std::vector<double> out;
    for (std::size_t k = 0; k < table_.columns.size(); ++k) out.push_back(number(k, row));
    if (!logits_) return out;
    std::vector<double> probabilities(std::max<std::size_t>(out.size(), 2));
    const bool one = out.size() == 1;
    engine::write_probabilities(one ? engine::MarginLink::logistic : engine::MarginLink::softmax,
                                out.data(), probabilities.size(), probabilities.data());
    return one ? std::vector{probabilities[1]} : probabilities;
  }

  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorKind::bad_input, what, where_,
                target_.number ? "write the library's predictions, one a line"
                               : "write the library's predict() or predict_proba(), a line a row, "
                                 "in the order of the classes: " +
                                     listed(target_.class_names(), 6));
  }
  [[noreturn]] void differs(std::size_t row, const std::string& wanted,
                            const std::string& own) const {
    throw Error(ErrorKind::failed,
                "row " + std::to_string(row + 1) + ": the library answers " + shown(wanted, 40) +
                    ", the imported model " + shown(own, 40),
                where_,
                "nothing was saved; check that the rows are those of the answers, or allow a "
                "difference with --tolerance");
  }

  std::string text(std::size_t column, std::size_t row) const {
    return data::cell_text(table_.columns[column], first_ + row);
  }
  double number(std::size_t column, std::size_t row) const {
    const auto out = data::parse_number(text(column, row));
    if (!out) refuse("an answer is no number (" + table_.place_of(first_ + row) + ")");
    return *out;
  }
  bool is_header() const {
    for (std::size_t i = 0; i < table_.columns.size(); ++i) {
      const std::string first = text(i, 0);
      if (!data::parse_number(first) && data::class_of(target_, first) < 0) return true;
    }
    return false;
  }
  bool all_labels() const {
    for (std::size_t row = 0; row < rows(); ++row) {
      if (data::class_of(target_, text(0, row)) < 0) return false;
    }
    return true;
  }

  const data::Target& target_;
  double tolerance_;
  std::string where_;
  data::RawTable table_;
  std::size_t first_ = 0;  ///< the row of the first answer
  bool labels_ = false;
  bool logits_ = false;
};

engine::Predictions predict_rows_of(const model::ModelFile& file, const std::string& name) {
  const auto input = open_input({name}, {});
  return engine::open_predictor(file)->predict(read_rows(file.card->schema, *input, {}).table);
}

engine::Predictions predict_photos_of(const model::ModelFile& file, const std::string& name) {
  engine::Predictions out;
  out.classes = file.card->schema.target.classes.size();
  predict_photos(engine::ImagePredictor(file), photo_paths({name}), false,
                 [&](const PhotoPrediction& one) {
                   if (!one.fault.empty())
                     throw Error(ErrorKind::bad_input, one.fault, one.path, one.hint);
                   std::ranges::copy(one.probabilities, std::back_inserter(out.probabilities));
                   out.predicted.push_back(one.answer);
                 });
  return out;
}

const char* noun(const model::ModelFile& file) { return file.of_photos() ? "photo" : "row"; }

}  // namespace

ImportCheckResult check_answers(const model::ModelFile& file, const ImportCheck& check,
                                bool logits) {
  const engine::Predictions got =
      file.of_photos() ? predict_photos_of(file, check.rows) : predict_rows_of(file, check.rows);
  const Answers answers(file.card->schema.target, check, logits);
  const std::size_t rows = got.predicted.size();
  if (answers.rows() != rows) {
    throw Error(
        ErrorKind::bad_input,
        "there are " + counted(answers.rows(), "answer") + " for " + counted(rows, noun(file)),
        check.answers,
        "write one answer for each " + std::string(noun(file)) + " of " + check.rows);
  }
  ImportCheckResult out{.rows = rows};
  for (std::size_t row = 0; row < out.rows; ++row) {
    out.largest = std::max(out.largest, answers.compare(row, got));
  }
  return out;
}

}  // namespace vitrine::app
