// Computes the metrics of a model from its probabilities, for the card.
#pragma once

#include <vector>

#include "base/json.h"
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

}  // namespace vitrine::train
