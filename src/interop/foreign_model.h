// A model of another library as its reader understood it, and how it becomes one of Vitrine.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "interop/foreign_features.h"
#include "interop/imported_model.h"

namespace vitrine::interop {

/// Margins that are sums of weighted features: of two classes one, that of the second.
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
  std::vector<double> base;  ///< by margin; of two classes one margin, that of the second
  Comparison comparison = Comparison::less;
  bool margins_are_probabilities = false;  ///< forests; else logistic function or softmax
};

struct ForeignModel {
  std::vector<std::string> classes;
  std::variant<ForeignLinear, ForeignTrees> predictor;
  std::string algorithm;  ///< of the card: "logistic", "trees", "tree", "forest"
  std::string from;       ///< "scikit-learn 1.8.0 (RandomForestClassifier)"
  std::vector<std::string> notes;
};

/// Throws Error(bad_input) with `where` if the parts contradict each other or the model format
/// can't express them, Error(usage) if the target's name is that of a column.
ImportedModel imported(const ForeignTable& table, const ForeignModel& model,
                       const ImportOptions& options, const std::string& where);

}  // namespace vitrine::interop
