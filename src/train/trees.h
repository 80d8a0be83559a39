// Boosted trees by XGBoost.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/classifier.h"

namespace vitrine {

struct TreeOptions {
  int depth = 2;
  double learning_rate = 0.1;
  double row_share = 1.0;     ///< rows drawn for each tree
  double column_share = 1.0;  ///< features drawn for each tree
  std::uint64_t seed = 1;
};

inline constexpr int kMostRounds = 1000;

/// Dense rows of `features` floats (NaN is missing) and their classes.
struct TreeRows {
  std::vector<float> values;
  std::vector<int> labels;
  std::size_t features = 0;
  std::size_t rows() const { return labels.size(); }
};

/// What cross-validation found for one choice of options.
struct TreeTrial {
  int rounds = 0;                    ///< where the mean loss over the folds is least
  std::vector<double> fold_losses;   ///< there
  std::vector<double> losses;        ///< mean over the folds, after each round that was tried
  std::vector<float> probabilities;  ///< of each row, by the model that had not seen it
};

/// A fold: rows that teach and rows that judge, with their places in the table.
struct TreeFold {
  TreeRows teach;
  TreeRows judge;
  std::vector<std::uint32_t> judge_places;
};

/// Boosts all folds side by side and stops when the mean loss on the rows left
/// out has not improved for 30 rounds. Rows that no fold judges get zeros.
TreeTrial cross_validate_trees(const std::vector<TreeFold>& folds, std::size_t rows,
                               std::size_t classes, const TreeOptions& options);

/// Boosts `rounds` rounds on all rows.
TreeEnsemble fit_trees(const TreeRows& rows, std::size_t classes, const TreeOptions& options,
                       int rounds);

/// Probabilities by walking the trees as the ONNX graph does.
std::vector<float> predict_trees(const TreeEnsemble& ensemble, std::span<const float> values,
                                 std::size_t features, std::size_t classes);

}  // namespace vitrine
