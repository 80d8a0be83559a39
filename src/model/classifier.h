// The parameters of a table model, as training passes them to the model file. Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace vitrine::model {

/// Linear regression, or logistic regression, on the features of `lay_out_features(schema, true)`.
/// Two classes: one row, the margin of the second class. More: one row for each class (one against
/// the rest, with probabilities normalised to a sum of 1; or softmax). A number: one row for each
/// margin of data::NumberTarget.
struct LinearModel {
  bool softmax = false;  ///< more than two classes: softmax, not one against the rest
  /// [row][feature]. If all weights and biases are floats, as those of training, the graph computes
  /// in floats; else (imported models) in doubles.
  std::vector<std::vector<double>> weights;
  std::vector<double> bias;  ///< [row]
  /// The scaling of numbers, in the layout's order: x -> (x - offset) * scale. A missing x is
  /// replaced by `imputed` first.
  std::vector<float> imputed;
  std::vector<float> offset;
  std::vector<float> scale;
};

/// One regression tree; node 0 is the root. An inner node goes left where
/// `x[feature] < threshold`, a missing x goes left if `missing_left`.
struct Tree {
  struct Node {
    std::int32_t feature = -1;  ///< -1: a leaf
    float value = 0;            ///< the threshold, or the value of a leaf
    std::int32_t left = 0;
    std::int32_t right = 0;
    bool missing_left = false;
    float cover = 0;  ///< weight of the training rows that reached the node; 0: not known
  };
  std::vector<Node> nodes;
};

/// Boosted trees on the features of `lay_out_features(schema, false)`: one-hot features are 0 or 1,
/// missing numbers NaN. Two classes: the sum of all trees is the margin of the second class. More:
/// tree i belongs to class i % classes, with softmax. A number: the sum of all trees but the last
/// `size_trees` is the first margin of data::NumberTarget, that of the others the second; without
/// intervals there is one margin.
struct TreeEnsemble {
  std::vector<Tree> trees;
  std::vector<float> base;  ///< base margins: one, one for each class, or those of a number
  std::optional<std::size_t> size_trees = {};  ///< of a number with intervals
  /// Of classes: margins are probabilities (imported random forests, whose trees vote), without
  /// logistic function or softmax.
  bool margins_are_probabilities = false;

  /// The margin to which a tree belongs.
  std::size_t margin_of(std::size_t tree) const {
    if (!size_trees) return tree % base.size();
    return tree + *size_trees >= trees.size() ? 1 : 0;
  }

  /// How many trees from this one on differ only in their leaves: in forests whose trees vote, one
  /// for each margin if `tree` is the first of them; else 1.
  std::size_t shapes_from(std::size_t tree) const;
};

using Classifier = std::variant<LinearModel, TreeEnsemble>;

}  // namespace vitrine::model
