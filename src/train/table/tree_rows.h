// The rows of a table in the form in which trees are trained.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "train/table/learner.h"
#include "train/table/trees.h"

namespace vitrine::train {

/// The dense features of all rows.
class TreeData {
 public:
  /// `rows` and `layout` must outlive it. Throws Error(bad_input) if the features need too much
  /// memory.
  TreeData(const TrainingRows& rows, const model::FeatureLayout& layout);

  /// The rows for which `wanted(row)`, with their labels, or with `targets` ([row]) if there are
  /// some. Appends their indices to `places`.
  TreeRows select(const std::function<bool(std::size_t row)>& wanted,
                  std::span<const float> targets = {},
                  std::vector<std::uint32_t>* places = nullptr) const;

  /// `count` folds: each holds out the rows whose `fold` is its number, and trains on all others
  /// but those of kTestFold.
  std::vector<TreeFold> folds(std::span<const std::uint8_t> fold, std::size_t count,
                              std::span<const float> targets = {}) const;

 private:
  const TrainingRows& rows_;
  std::size_t features_;
  std::vector<float> values_;
};

/// The losses after each round, for the card.
Json learning_curve(const TreeTrial& trial);

/// The settings of trees, for the card.
Json tree_settings(const TreeOptions& options, int rounds);

}  // namespace vitrine::train
