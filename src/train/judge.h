// Figures of a model from its probabilities, for the card.
#pragma once

#include <vector>

#include "base/json.h"
#include "model/card.h"

namespace vitrine {

/// `labels` where `keep(row)` holds, -1 (passed over by every figure) elsewhere.
template <typename Keep>
std::vector<int> labels_where(std::vector<int> labels, const Keep& keep) {
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (!keep(row)) labels[row] = -1;
  }
  return labels;
}

/// The evaluation of `probabilities` (row after row) against `labels`; answers
/// obey the card's threshold. `cross_fitted`: see widen_cross_fitted().
Json judge(const Card& card, const std::vector<float>& probabilities,
           const std::vector<int>& labels, bool cross_fitted = false);

}  // namespace vitrine
