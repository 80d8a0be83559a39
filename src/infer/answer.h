// How an answer is written, in one place for `predict` and the server.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

  /// `label,probability_<class>,...` and a line of such values, with line ends.
  /// With a set, its classes stand last, joined by `|`.
  std::string csv_header(bool with_set = false) const;
  void csv(std::string& out, std::span<const float> probabilities, int answer,
           std::optional<double> set_threshold = {}) const;

 private:
  std::vector<std::string> class_texts_;  ///< quoted JSON strings
  std::vector<std::string> class_names_;
  std::vector<std::string> class_fields_;  ///< as CSV
  std::string before_truth_;               ///< {"churn":
  std::string before_probability_;         ///< ,"churn_probability":
  std::string model_;
  bool binary_;
};

/// `text` as a JSON string, quotes and all.
std::string json_text(std::string_view text);

/// `text` as a CSV field, quoted where it must be.
std::string csv_field(std::string_view text);

}  // namespace vitrine
