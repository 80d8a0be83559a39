// What training hands to the file: the parameters of a table classifier.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

namespace vitrine {

/// Logistic regression on the features of `lay_out_features(schema, true)`.
/// Two classes: one row, the margin of the second class. More: one row a class
/// (one against the rest, probabilities normalised to 1; or softmax).
struct LinearModel {
  bool softmax = false;  ///< more than two classes: how margins become probabilities
  std::vector<std::vector<float>> weights;  ///< [row][feature]
  std::vector<float> bias;                  ///< [row]
  /// Numbers, in the layout's order: x -> (x - offset) * scale, after a missing
  /// x became `imputed`.
  std::vector<float> imputed;
  std::vector<float> offset;
  std::vector<float> scale;
};

/// One regression tree; node 0 is the root. An inner node goes left where
/// `x[feature] < threshold`, a missing x goes left if `missing_left`.
struct Tree {
  struct Node {
    std::int32_t feature = -1;  ///< -1: a leaf
    float value = 0;            ///< the threshold, or the leaf's value
    std::int32_t left = 0;
    std::int32_t right = 0;
    bool missing_left = false;
    float cover = 0;  ///< how much of what taught went through it; 0: not known
  };
  std::vector<Node> nodes;
};

/// Boosted trees on the features of `lay_out_features(schema, false)`, one-hot
/// features 0 or 1, missing numbers NaN. Two classes: all trees add up to the
/// margin of the second. More: tree i belongs to class i % classes, softmax.
struct TreeEnsemble {
  std::vector<Tree> trees;
  std::vector<float> base;  ///< margins to start from: one, or one a class
};

using Classifier = std::variant<LinearModel, TreeEnsemble>;

}  // namespace vitrine
