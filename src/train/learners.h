// Learners that others keep: XGBoost and LIBLINEAR. They are a module,
// lib/vitrine/libvitrine-learn.so, that is loaded when a table is trained on: they bring OpenBLAS
// and OpenMP, whose threads and set-up a prediction should not wait for.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/version.h"
#include "train/logistic.h"
#include "train/trees.h"

namespace vitrine {

/// "3.0.0"
std::string xgboost_version();

/// The module's doors. Of another build it is refused.
struct LearnerDoors {
  /// As cross_validate_trees() and fit_trees().
  TreeTrial (*cross_validate_trees)(const std::vector<TreeFold>& folds, std::size_t rows,
                                    std::size_t classes, const TreeOptions& options);
  TreeEnsemble (*fit_trees)(const TreeRows& rows, std::size_t classes, const TreeOptions& options,
                            int rounds);
  /// As fit_liblinear().
  Weights (*fit_liblinear)(const Design& design, std::span<const std::uint8_t> positive,
                           const RowChoice& rows, double c, double tolerance);
  std::string (*xgboost_version)();
};

/// Loads the module when it is first asked for. Throws Error(failed).
const LearnerDoors& learner_doors();

inline std::string learn_build() {
  return std::string(kVersion) + "/" + std::to_string(sizeof(TreeTrial)) + "/" +
         std::to_string(sizeof(TreeOptions)) + "/" + std::to_string(sizeof(TreeEnsemble)) + "/" +
         std::to_string(sizeof(Design));
}

}  // namespace vitrine
