#include "app/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "data/table/value.h"
#include "metrics/drift.h"
#include "task/evaluation.h"

namespace vitrine::app {
namespace {

using task::Better;

/// From this share on, an evaluation says that its cases were trained on.
constexpr double kTrainedShare = 0.02;

/// Figures of an evaluation that are no metrics.
constexpr std::array<std::string_view, 3> kOtherFigures = {"rows", "trained_share", "drift"};

/// The value of a figure; nullopt if there is none.
std::optional<double> figure_of(const Json& figures, const std::string& key) {
  if (key == "drift") {
    const auto columns = columns_by_drift(figures);
    return columns.empty() ? std::nullopt : std::optional(columns.front().first);
  }
  const auto found = figures.find(key);
  if (found == figures.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

std::string_view key_of(const std::string& name) {
  const std::string wanted = data::normalised(name);
  for (const task::MetricInfo& one : task::known_metrics()) {
    if (wanted == one.key || wanted == data::normalised(std::string(one.name))) return one.key;
  }
  const auto other = std::ranges::find(kOtherFigures, wanted);
  return other == kOtherFigures.end() ? std::string_view() : *other;
}

bool holds(double value, const std::string& comparison, double number) {
  if (comparison == "<") return value < number;
  if (comparison == "<=") return value <= number;
  if (comparison == ">") return value > number;
  if (comparison == ">=") return value >= number;
  return (value == number) == (comparison == "==");
}

std::string no_better_than_baseline(const Json& baseline, bool number) {
  const std::string prediction = shown(baseline.at("prediction").get<std::string>(), 40);
  return "no better than always predicting " +
         (number ? "the mean (" + prediction + ")" : "'" + prediction + "'");
}

}  // namespace

ChangedMetrics changed_metrics(const Json& now, const Json& before) {
  constexpr double kCalibrationMargin = 0.02;
  constexpr double kOf99 = 2.5758 / 1.95996;  // widens an interval of 95 % to one of 99 %
  ChangedMetrics out;
  for (const task::MetricInfo& one : task::known_metrics()) {
    if (!one.of_baseline && one.key != "ece" && one.key != "interval_coverage") continue;
    const std::string ci = std::string(one.key) + "_ci95";
    if (!now.contains(ci) || !before.contains(ci)) continue;
    const double a = now.at(one.key);
    const double b = before.at(one.key);
    const bool above = a > b;  // the intervals' sides that face each other
    const double of_a =
        above ? a - now.at(ci).at(0).get<double>() : now.at(ci).at(1).get<double>() - a;
    const double of_b =
        above ? before.at(ci).at(1).get<double>() - b : b - before.at(ci).at(0).get<double>();
    // The calibration error depends on the number of rows: a small one is never exactly known.
    const double margin = one.key == "ece" ? kCalibrationMargin : 0;
    if (std::abs(a - b) <= std::max(margin, kOf99 * std::hypot(of_a, of_b))) continue;
    const bool better = above == (one.better == Better::higher);
    (better ? out.better : out.worse).emplace_back(one.name);
  }
  return out;
}

std::vector<std::pair<double, std::string>> columns_by_drift(const Json& figures) {
  std::vector<std::pair<double, std::string>> out;
  if (!figures.contains("drift")) return out;
  for (const auto& [column, index] : figures.at("drift").items()) {
    out.emplace_back(index.get<double>(), column);
  }
  std::ranges::stable_sort(out, std::ranges::greater{}, &std::pair<double, std::string>::first);
  return out;
}

std::string evaluation_verdict(const Json& figures, const std::string& noun) {
  const double trained = figures.value("trained_share", 0.0);
  if (trained >= kTrainedShare) {
    return fmt::format(
        "{:.0f} % of these {} were in the training data, so these figures are too "
        "good",
        100 * trained, noun);
  }
  if (figures.contains("baseline") && !figures.at("baseline").at("beaten").get<bool>()) {
    return no_better_than_baseline(figures.at("baseline"), figures.contains("rmse")) +
           ", as far as " +
           counted(whole_number<std::size_t>(figures.at("rows")), noun.substr(0, noun.size() - 1)) +
           " can show";
  }
  std::vector<std::string> names;
  for (const auto& [index, column] : columns_by_drift(figures)) {
    if (index > metrics::kClearDrift) names.push_back(shown(column, 30));
  }
  const std::string shifts =
      names.empty() ? "" : listed(names, 3) + (names.size() == 1 ? " has" : " have") + " shifted";
  if (!figures.contains("at_training")) {
    return "better than the baseline" + (shifts.empty() ? "" : "; " + shifts);
  }
  const ChangedMetrics changed = changed_metrics(figures, figures.at("at_training"));
  if (!changed.worse.empty()) {
    return "clearly worse than at training: " + listed(changed.worse) +
           (shifts.empty() ? "" : "; " + shifts);
  }
  return (changed.better.empty() ? "as good as at training"
                                 : "clearly better than at training: " + listed(changed.better)) +
         (shifts.empty() ? "" : ", although " + shifts);
}

std::optional<std::string> baseline_verdict(const model::Card& card) {
  if (card.beats_baseline().value_or(true)) return std::nullopt;
  const Json& figures = card.metrics.at(std::string(card.headline()));
  const std::size_t rows = whole_number<std::size_t>(figures.at("rows"));
  return "the model is " +
         no_better_than_baseline(figures.at("baseline"), card.schema.target.number.has_value()) +
         " by more than chance, on " + counted(rows, card.of_photos() ? "photo" : "row") +
         " that it was not trained on";
}

FigureCondition::FigureCondition(const std::string& text) : text_(text) {
  const std::string hint = "write a metric, an operator and a number, such as 'auc < 0.8'";
  const std::size_t at = text.find_first_of("<>=!");
  const std::size_t behind = text.find_first_not_of("<>=!", at);
  if (at == std::string::npos || behind == std::string::npos) {
    throw Error(ErrorKind::usage, "'" + shown(text) + "' is no condition", "--fail-if", hint);
  }
  operator_ = text.substr(at, behind - at);
  if (operator_ == "=") operator_ = "==";
  constexpr std::array<std::string_view, 6> kOperators = {"<", "<=", ">", ">=", "==", "!="};
  const auto number = data::parse_number(std::string(trimmed(text.substr(behind))));
  if (!std::ranges::contains(kOperators, operator_) || !number || std::isnan(*number)) {
    throw Error(ErrorKind::usage, "'" + shown(text) + "' is no condition", "--fail-if", hint);
  }
  number_ = *number;
  const std::string name(trimmed(text.substr(0, at)));
  key_ = key_of(name);
  if (!key_.empty()) return;
  std::vector<std::string> keys(kOtherFigures.begin(), kOtherFigures.end());
  for (const task::MetricInfo& one : task::known_metrics()) keys.emplace_back(one.key);
  throw Error(ErrorKind::usage, "there is no metric '" + shown(name) + "'", "--fail-if",
              did_you_mean(name, keys) + "the metrics are " + listed(keys, 20));
}

std::optional<std::string> FigureCondition::met_by(const Json& figures) const {
  const auto value = figure_of(figures, key_);
  if (!value) {
    std::vector<std::string> keys;
    for (const task::MetricInfo& one : task::known_metrics()) {
      if (figures.contains(one.key)) keys.emplace_back(one.key);
    }
    throw Error(ErrorKind::usage, "this evaluation has no figure '" + key_ + "'", "--fail-if",
                "its metrics are " + listed(keys, 20) + "; rows and trained_share exist too, and " +
                    "drift for tables of at least 100 rows");
  }
  if (!holds(*value, operator_, number_)) return std::nullopt;
  return key_ + " is " + data::number_text(rounded(*value, 4));
}

}  // namespace vitrine::app
