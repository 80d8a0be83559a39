#include "train/table/trees.h"

#include <algorithm>
#include <cmath>

#include "base/parallel.h"
#include "train/table/solver_module.h"

namespace vitrine::train {

TreeTrial cross_validate_trees(const std::vector<TreeFold>& folds, std::size_t rows,
                               std::size_t classes, const TreeOptions& options) {
  return solver_entry_points().cross_validate_trees(folds, rows, classes, options);
}

model::TreeEnsemble fit_trees(const TreeRows& rows, std::size_t classes, const TreeOptions& options,
                              int rounds) {
  return solver_entry_points().fit_trees(rows, classes, options, rounds);
}

std::vector<float> tree_margins(const model::TreeEnsemble& ensemble, std::span<const float> values,
                                std::size_t features) {
  const std::size_t rows = features == 0 ? 0 : values.size() / features;
  const std::size_t outputs = ensemble.base.size();
  std::vector<float> margins(rows * outputs);
  constexpr std::size_t kBlock = 4096;
  parallel_for((rows + kBlock - 1) / kBlock, [&](std::size_t block) {
    for (std::size_t row = block * kBlock; row < std::min((block + 1) * kBlock, rows); ++row) {
      const float* x = &values[row * features];
      float* sums = &margins[row * outputs];
      std::ranges::copy(ensemble.base, sums);
      for (std::size_t t = 0; t < ensemble.trees.size(); ++t) {
        const auto& nodes = ensemble.trees[t].nodes;
        const model::Tree::Node* node = &nodes[0];
        while (node->feature >= 0) {
          const float value = x[node->feature];
          const bool left = std::isnan(value) ? node->missing_left : value < node->value;
          node = &nodes[static_cast<std::size_t>(left ? node->left : node->right)];
        }
        sums[ensemble.margin_of(t)] += node->value;
      }
    }
  });
  return margins;
}

std::vector<float> predict_trees(const model::TreeEnsemble& ensemble, std::span<const float> values,
                                 std::size_t features, std::size_t classes) {
  const std::vector<float> margins = tree_margins(ensemble, values, features);
  const std::size_t outputs = ensemble.base.size();
  const std::size_t rows = margins.size() / outputs;
  std::vector<float> probabilities(rows * classes);
  for (std::size_t row = 0; row < rows; ++row) {
    const std::span<const float> sums(&margins[row * outputs], outputs);
    float* out = &probabilities[row * classes];
    if (outputs == 1) {
      out[1] = 1 / (1 + std::exp(-sums[0]));
      out[0] = 1 - out[1];
      continue;
    }
    const float largest = *std::ranges::max_element(sums);
    float total = 0;
    for (std::size_t k = 0; k < classes; ++k) total += out[k] = std::exp(sums[k] - largest);
    for (std::size_t k = 0; k < classes; ++k) out[k] /= total;
  }
  return probabilities;
}

}  // namespace vitrine::train
