#include "train/table/trees/forest.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/parallel.h"
#include "train/table/trees/counter_random.h"

namespace vitrine::train {
namespace {

constexpr double kShareOfRows = 0.632;
constexpr std::size_t kBlock = 4096;

/// Streams of random numbers, apart from those of boosting and below 2^32.
enum Stream : std::uint64_t { kRows = std::uint64_t{1} << 29, kColumns = std::uint64_t{5} << 29 };

/// Gradients with which the value of a leaf is the share of `of_class` among its rows, and the gain
/// of a split the decrease of the Gini impurity.
QuantizedGradients share_gradients(const TreeTarget& target, std::size_t rows, int of_class) {
  QuantizedGradients out;
  out.of_row.resize(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    const std::int64_t first = target.labels[row] == of_class ? -1 : 0;
    out.of_row[row] = first * (std::int64_t{1} << 32) + 1;
  }
  return out;
}

/// The gradients of each output.
std::vector<QuantizedGradients> leaf_gradients(const TreeTarget& target,
                                               std::span<const std::uint32_t> rows,
                                               std::size_t rows_of_table, std::uint64_t seed) {
  std::vector<QuantizedGradients> out;
  if (target.classes == 0) {
    // At a margin of 0, a leaf's step is the mean of its numbers.
    quantize_gradients(target, rows, {std::vector<float>(rows_of_table)}, seed, 0, out);
    return out;
  }
  const bool binary = target.outputs() == 1;
  for (std::size_t k = 0; k < target.outputs(); ++k) {
    out.push_back(share_gradients(target, rows_of_table, binary ? 1 : static_cast<int>(k)));
  }
  return out;
}

/// The trees of a forest: [tree * outputs + output].
std::vector<GrownTree> grow_trees(const BinnedTable& table, const TreeTarget& target,
                                  std::span<const std::uint32_t> rows,
                                  const ForestOptions& options) {
  const std::size_t outputs = target.outputs();
  const std::vector<QuantizedGradients> gradients =
      leaf_gradients(target, rows, table.rows(), options.seed);
  std::vector<std::size_t> columns(table.columns().size());
  std::iota(columns.begin(), columns.end(), std::size_t{0});
  GrowOptions grow{.depth = 64,
                   .least_hessian = std::max(options.least_rows,
                                             kShareOfRows * static_cast<double>(rows.size()) /
                                                 static_cast<double>(options.most_leaves)),
                   .l2 = 0,
                   .learning_rate = 1,
                   .node_columns = options.node_columns,
                   .seed = options.seed};
  if (grow.node_columns == 0) {
    grow.node_columns = static_cast<std::size_t>(
        std::max(1.0, std::round(std::sqrt(static_cast<double>(columns.size())))));
  }
  const auto count = static_cast<std::size_t>(options.trees);
  std::vector<GrownTree> out(count * outputs);
  // A worker has a grower of its own, so it grows several trees.
  const std::size_t workers = std::min(core_count(), count);
  parallel_for(workers, [&](std::size_t worker) {
    TreeGrower grower(table);
    std::vector<std::uint32_t> sample;
    for (std::size_t tree = worker; tree < count; tree += workers) {
      const CounterRandom random(options.seed, kRows + tree);
      sample.clear();
      for (const std::uint32_t row : rows) {
        if (random.happens(row, kShareOfRows)) sample.push_back(row);
      }
      const std::span<const std::uint32_t> of_tree =
          sample.empty() ? rows : std::span(std::as_const(sample));
      GrowOptions own = grow;
      for (std::size_t k = 0; k < outputs; ++k) {
        own.stream = kColumns + tree * outputs + k;
        out[tree * outputs + k] = grower.grow(of_tree, gradients[k], columns, own);
      }
    }
  });
  return out;
}

}  // namespace

model::TreeEnsemble fit_forest(const BinnedTable& table, const TreeTarget& target,
                               std::span<const std::uint32_t> rows, const ForestOptions& options) {
  model::TreeEnsemble out;
  out.base.assign(target.outputs(), 0);
  for (GrownTree& grown : grow_trees(table, target, rows, options)) {
    for (model::Tree::Node& node : grown.tree.nodes)
      node.value /= node.feature < 0 ? static_cast<float>(options.trees) : 1;
    out.trees.push_back(std::move(grown.tree));
  }
  return out;
}

Margins cross_validate_forest(const BinnedTable& table, const TreeTarget& target,
                              const std::vector<TreeFold>& folds, const ForestOptions& options) {
  const std::size_t outputs = target.outputs();
  Margins margins(outputs, std::vector<float>(table.rows()));
  for (const TreeFold& fold : folds) {
    const std::vector<GrownTree> trees = grow_trees(table, target, fold.train, options);
    const auto& rows = fold.validation;
    parallel_for((rows.size() + kBlock - 1) / kBlock, [&](std::size_t block) {
      const std::size_t end = std::min((block + 1) * kBlock, rows.size());
      for (std::size_t t = 0; t < trees.size(); ++t) {  // a tree stays in the cache
        for (std::size_t i = block * kBlock; i < end; ++i) {
          margins[t % outputs][rows[i]] += trees[t].binned.value_of(table, rows[i]);
        }
      }
    });
  }
  for (std::vector<float>& of_output : margins) {
    for (float& margin : of_output) margin /= static_cast<float>(options.trees);
  }
  return margins;
}

}  // namespace vitrine::train
