// The functions of the module; src/train/table/solver_module.h documents them.
#pragma once

#include "train/table/solver_module.h"

namespace vitrine::train {

TreeTrial cross_validate_xgboost(const std::vector<TreeFold>& folds, std::size_t rows,
                                 std::size_t classes, const TreeOptions& options);
model::TreeEnsemble fit_xgboost(const TreeRows& rows, std::size_t classes,
                                const TreeOptions& options, int rounds);
std::string xgboost_library_version();

Weights solve_liblinear(const Design& design, std::span<const std::uint8_t> positive,
                        const RowChoice& rows, double c, double tolerance);

}  // namespace vitrine::train
