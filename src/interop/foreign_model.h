// A model of another library as its reader understood it, and how it becomes one of Vitrine.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "data/table/number_target.h"
#include "interop/foreign_features.h"
#include "interop/imported_model.h"

namespace vitrine::interop {

/// Margins that are sums of weighted features: of two classes one, that of the second; of a number
/// one.
struct ForeignLinear {
  std::vector<std::vector<double>> weights;  ///< [row][feature]
  std::vector<double> bias;                  ///< [row]
  bool softmax = false;                      ///< more than two classes: not one against the rest
};

/// Margins that are sums of trees.
struct ForeignTrees {
  struct Tree {
    ForeignTree tree;
    std::size_t margin = 0;
  };
  std::vector<Tree> trees;
  /// By margin: one for each class, or of two classes that of the second alone; of a number one.
  std::vector<double> base;
  Comparison comparison = Comparison::less;
  bool margins_are_probabilities = false;  ///< forests; else logistic function or softmax
};

/// How a margin becomes a number: the inverse link of margin * scale.
struct ForeignNumber {
  data::Link link = data::Link::identity;
  double scale = 1;
};

struct ForeignModel {
  std::vector<std::string> classes;  ///< empty for a number
  ForeignNumber number;              ///< if there are no classes
  std::variant<ForeignLinear, ForeignTrees> predictor;
  std::string algorithm;  ///< of the card: "logistic", "linear", "trees", "tree", "forest"
  std::string from;       ///< "scikit-learn 1.8.0 (RandomForestClassifier)"
  std::vector<std::string> notes;
};

/// The classes of a library that knows only their number: 0, 1, ...
std::vector<std::string> numbered_classes(std::size_t count);

/// Throws Error(bad_input) with `where` if the parts contradict each other or the model format
/// can't express them, Error(usage) if the target's name is that of a column.
ImportedModel imported(ForeignTable table, ForeignModel model, const ImportOptions& options,
                       const std::string& where);

}  // namespace vitrine::interop
