// How an answer is written, in one place for `predict` and the server.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "infer/contributions.h"
#include "model/card.h"

namespace vitrine {

/// Writes the answers of one model as JSON objects and CSV lines. Thread-safe.
class AnswerWriter {
 public:
  AnswerWriter(const Card& card, std::string_view model_name);

  /// Appends `{"churn": true, "churn_probability": 0.64, "label": "yes", ...}`.
  /// `probabilities` is one row's, in the card's order; `warnings` may be empty. With
  /// `set_threshold`, `"set"` lists the classes that are at least so probable.
  void json(std::string& out, std::span<const float> probabilities, int answer,
            std::span<const std::string> warnings, std::optional<double> set_threshold = {}) const;

  /// Puts `"explanation": {"of": "yes", "base": -1.3, "margin": 0.6, "contributions": {"contract":
  /// 0.7,
  /// ...}}` into the object that `out` ends with: of the second of two classes, else of the answer.
  /// The largest contributions stand first; base and contributions add up to the margin.
  void add_explanation(std::string& out, const Contributions& all, std::size_t row,
                       int answer) const;

  /// The same for a photo: `"explanation": {"of": "pants", "method": "occlusion", "drops": [[0.02,
  /// ...],
  /// ...]}`, rows of a square grid over the part of the photo that the network sees.
  void add_explanation(std::string& out, std::span<const float> drops, int answer) const;

  /// `label,probability_<class>,...` and a line of such values, with line ends.
  /// With a set, its classes stand behind them, joined by `|`; with explanations `base` and
  /// `contribution_<column>` stand last.
  std::string csv_header(bool with_set = false, bool explained = false) const;
  void csv(std::string& out, std::span<const float> probabilities, int answer,
           std::optional<double> set_threshold = {}) const;
  /// Puts a row's contributions behind what csv() wrote.
  void add_explanation_csv(std::string& out, const Contributions& all, std::size_t row,
                           int answer) const;

 private:
  std::vector<std::string> class_texts_;  ///< quoted JSON strings
  std::vector<std::string> class_names_;
  std::vector<std::string> class_fields_;  ///< as CSV
  std::vector<std::string> column_keys_;
  std::vector<std::string> column_texts_;  ///< as quoted JSON strings
  std::string before_truth_;               ///< {"churn":
  std::string before_probability_;         ///< ,"churn_probability":
  std::string model_;
  bool binary_;
};

/// Under which key an answer about two classes says whether it is the second: the target's, with
/// `_` behind it where answers have a key of that name.
std::string answered_key(const std::string& target_key);

/// `text` as a JSON string, quotes and all.
std::string json_text(std::string_view text);

/// `text` as a CSV field, quoted where it must be.
std::string csv_field(std::string_view text);

}  // namespace vitrine
