// What an evaluation says in one sentence, and conditions on its figures.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "model/card.h"

namespace vitrine::app {

/// The names of the metrics of `now` that differ from those of `before` by more than chance: the
/// difference is larger than the interval of 99 % around none, if both are independent. Both are
/// task::to_json() of the same task.
struct ChangedMetrics {
  std::vector<std::string> worse;
  std::vector<std::string> better;
};
ChangedMetrics changed_metrics(const Json& now, const Json& before);

/// The PSI of each column, the most shifted first; empty if it is not known. `figures`:
/// ModelEvaluation::to_json().
std::vector<std::pair<double, std::string>> columns_by_drift(const Json& figures);

/// "clearly worse than at training: calibration error; totalcharges has shifted". `figures` as
/// above; `noun` is "rows", "photos" or "predictions".
std::string evaluation_verdict(const Json& figures, const std::string& noun);

/// The verdict on a model that training found no better than its baseline; nullopt if it is better
/// or not known.
std::optional<std::string> baseline_verdict(const model::Card& card);

/// A condition on a figure of an evaluation, such as `auc < 0.8`.
class FigureCondition {
 public:
  /// `METRIC OPERATOR NUMBER`. METRIC is the key or the name of a metric, `rows`, `trained_share`,
  /// or `drift` (the largest PSI of a column); the operators are <, <=, >, >=, == and !=. Throws
  /// Error(usage).
  explicit FigureCondition(const std::string& text);

  /// "auc is 0.712" if the condition is true of `figures`, else nullopt. Throws Error(usage) if
  /// they do not have the figure.
  std::optional<std::string> met_by(const Json& figures) const;

  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::string key_;
  std::string operator_;
  double number_ = 0;
};

}  // namespace vitrine::app
