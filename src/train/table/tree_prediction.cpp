#include "train/table/tree_prediction.h"

#include <algorithm>
#include <cmath>

#include "base/parallel.h"
#include "train/table/design.h"

namespace vitrine::train {
namespace {

void add_trees(const model::TreeEnsemble& ensemble, const float* x, float* sums) {
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

}  // namespace

std::vector<float> tree_margins(const model::TreeEnsemble& ensemble,
                                const data::TableSchema& schema, const model::FeatureLayout& layout,
                                const data::Table& table) {
  const std::size_t outputs = ensemble.base.size();
  std::vector<float> margins(table.rows * outputs);
  // Dense features are made for a block of rows at a time: there may be thousands of them.
  constexpr std::size_t kCells = 1 << 18;
  const std::size_t block =
      std::clamp<std::size_t>(kCells / std::max<std::size_t>(1, layout.size), 16, 4096);
  parallel_for((table.rows + block - 1) / block, [&](std::size_t part) {
    const std::size_t begin = part * block;
    const std::size_t end = std::min(begin + block, table.rows);
    const std::vector<float> dense = dense_features(schema, layout, table, begin, end);
    for (std::size_t row = begin; row < end; ++row) {
      float* sums = &margins[row * outputs];
      std::ranges::copy(ensemble.base, sums);
      add_trees(ensemble, &dense[(row - begin) * layout.size], sums);
    }
  });
  return margins;
}

std::vector<float> tree_probabilities(std::span<const float> margins, std::size_t classes) {
  const std::size_t outputs = classes == 2 ? 1 : classes;
  const std::size_t rows = margins.size() / outputs;
  std::vector<float> probabilities(rows * classes);
  for (std::size_t row = 0; row < rows; ++row) {
    const std::span<const float> sums = margins.subspan(row * outputs, outputs);
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
