// Computes the metrics of a model from its probabilities, for the card.
#pragma once

#include <limits>
#include <variant>
#include <vector>

#include "base/json.h"
#include "data/table/table.h"
#include "model/card.h"

namespace vitrine::train {

/// `labels`, with -1 (skipped by all metrics) for rows where `keep(row)` is false.
template <typename Keep>
std::vector<int> labels_where(std::vector<int> labels, const Keep& keep) {
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (!keep(row)) labels[row] = -1;
  }
  return labels;
}

/// Evaluates `probabilities` ([row][class]) against the true `labels` (-1: skipped); predicted
/// classes follow the card's threshold. `cross_fitted`: see task::widen_cross_fitted(). Returns the
/// JSON of task::to_json(). Thread-safe.
Json evaluate(const model::Card& card, const std::vector<float>& probabilities,
              const std::vector<int>& labels, bool cross_fitted = false);

/// What is true of rows: classes, or numbers (NaN: skipped).
using Truths = std::variant<std::vector<int>, std::vector<double>>;
Truths truths_of(const data::Table& table);

/// The same for the rows where `keep(row)`; the others are skipped.
template <typename Keep>
Truths truths_where(const data::Table& table, const Keep& keep) {
  if (table.targets.empty()) return labels_where(table.labels, keep);
  std::vector<double> targets = table.targets;
  for (std::size_t row = 0; row < targets.size(); ++row) {
    if (!keep(row)) targets[row] = std::numeric_limits<double>::quiet_NaN();
  }
  return targets;
}

/// The same for any model of a table.
Json evaluate(const model::Card& card, const std::vector<float>& outputs, const Truths& truths);

}  // namespace vitrine::train
