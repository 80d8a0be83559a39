// Writes predictions as JSON and CSV, for `predict` and the server.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/table/table.h"
#include "engine/contributions.h"
#include "model/card.h"

namespace vitrine::engine {

/// What a prediction may have besides.
struct PredictionExtras {
  std::optional<double> set_threshold;  ///< classes with at least this probability are a set
  std::optional<double>
      interval_level;  ///< of a number; one that Card::check_interval_level() takes
};

/// The row whose ids a prediction repeats; photos have none.
struct RowOfIds {
  const data::Table* rows = nullptr;
  std::size_t row = 0;
};

/// How classes and columns are spelled in JSON: normalised, as clients of HTTP rely on, or as in
/// the training table, so that labels can be compared with it. CSV always has the table's spelling.
enum class Spelling { normalised, of_table };

/// Writes the predictions of one model as JSON objects and CSV lines. `answer` is the index of the
/// predicted class. All functions append to `out`. Thread-safe.
class PredictionWriter {
 public:
  PredictionWriter(const model::Card& card, std::string_view model_name,
                   Spelling json_spelling = Spelling::normalised);

  /// Appends `{"churn": true, "churn_probability": 0.64, "label": "yes", ...}`.
  /// `probabilities` are those of one row, in the card's order; `warnings` may be empty. With
  /// `set_threshold`, `"set"` lists the classes with at least that probability. Of a number,
  /// appends
  /// `{"price": 12345.6, "price_interval": [11020.1, 13870.9], ...}`; `probabilities` are its
  /// data::NumberOutputs. The ids of the row come first: `{"customerID": "7590", ...`, null for one
  /// that was not given.
  void json(std::string& out, std::span<const float> probabilities, int answer,
            std::span<const std::string> warnings, const PredictionExtras& extras = {},
            RowOfIds ids = {}) const;

  /// Adds `"explanation": {"of": "yes", "base": -1.3, "margin": 0.6, "contributions": {"contract":
  /// 0.7, ...}}` to the object at the end of `out`. It refers to the second of two classes, else to
  /// the predicted class. Contributions are sorted by decreasing size; base and contributions add
  /// up to the margin. `"base_probability": 0.21, "points": {"contract": 0.13, ...}` says the same
  /// in probability: each point is the change when the contribution is added to the base and to
  /// those before it. `"words": {"message": {"free": 1.3, ...}}` says what the words of free text
  /// add to the score of the text (TextScorer::explain(), at most kMostWords of a column), which is
  /// the number that the model computes with. Of a number, `of` is its key, and the margin is the
  /// number or its logarithm
  /// (`scale`).
  void add_explanation(std::string& out, const Contributions& all, std::size_t row,
                       int answer) const;

  /// The same for a photo: `"explanation": {"of": "pants", "method": "occlusion", "drops": [[0.02,
  /// ...], ...]}`, the rows of a square grid over the part of the photo that the network uses.
  void add_explanation(std::string& out, std::span<const float> occlusion_scores, int answer) const;

  /// `label,probability_<class>,...` and a line of such values, with line ends. With a prediction
  /// set, the next field has its classes, joined by `|`. Of a number: `price,price_low,price_high`.
  /// With explanations, `base` and `contribution_<column>` come last. Ids come first, which
  /// csv_ids() writes.
  std::string csv_header(bool with_set = false, bool explained = false) const;
  /// The names in csv_header() behind the ids.
  std::vector<std::string> csv_names(bool with_set, bool explained) const;
  void csv(std::string& out, std::span<const float> probabilities, int answer,
           const PredictionExtras& extras = {}) const;
  /// Appends the ids of a row, with a comma behind each; nothing for a model without ids.
  void csv_ids(std::string& out, const data::Table& rows, std::size_t row) const;
  /// Appends the contributions of a row to the line that csv() wrote.
  void add_explanation_csv(std::string& out, const Contributions& all, std::size_t row,
                           int answer) const;

  static constexpr std::size_t kMostWords = 10;

 private:
  void add_points(std::string& out, const Contributions& all, std::size_t row, std::size_t of,
                  std::span<const std::size_t> order) const;
  void add_words(std::string& out, const Contributions& all, std::size_t row, std::size_t of) const;
  void ids_json(std::string& out, RowOfIds ids) const;
  void number_json(std::string& out, std::span<const float> outputs,
                   const PredictionExtras& extras) const;
  void classes_json(std::string& out, std::span<const float> probabilities, std::size_t place,
                    const PredictionExtras& extras) const;

  std::vector<std::string> id_names_;      ///< as in the table; unlike the keys of predictions
  std::vector<std::string> class_texts_;   ///< quoted JSON strings
  std::vector<std::string> class_names_;   ///< as in the table
  std::vector<std::string> class_fields_;  ///< as CSV fields
  std::vector<std::string> column_names_;  ///< as in the table
  std::vector<std::string> column_texts_;  ///< quoted JSON strings
  std::vector<std::shared_ptr<const data::TextScorer>> scorers_;  ///< by column; null for others
  std::string before_positive_;                                   ///< "churn":
  std::string before_probability_;                                ///< ,"churn_probability":
  std::string before_interval_;                                   ///< ,"price_interval":[
  std::string model_;
  bool positive_key_;
  std::optional<data::NumberTarget> number_;  ///< if the target is a number
  std::string number_key_;                    ///< its key in JSON
  std::string number_name_;                   ///< its name in CSV
};

/// The JSON key for whether the second of two classes is predicted, or for the number: the target's
/// key or name, with `_` appended if predictions have another key of that name.
std::string answered_key(const data::Target& target, Spelling spelling = Spelling::normalised);

/// The keys of the ids in predictions, as in the table; `_` is appended if predictions have another
/// key of that name.
std::vector<std::string> answered_ids(const model::Card& card);

/// Whether predictions say by a key of its own whether the positive class is predicted: tables with
/// two classes.
bool has_positive_key(const model::Card& card);

}  // namespace vitrine::engine
