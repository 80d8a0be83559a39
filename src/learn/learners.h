// XGBoost and LIBLINEAR, behind the module's door: see src/train/learners.h for what each does.
#pragma once

#include "train/learners.h"

namespace vitrine {

TreeTrial cross_validate_xgboost(const std::vector<TreeFold>& folds, std::size_t rows,
                                 std::size_t classes, const TreeOptions& options);
TreeEnsemble fit_xgboost(const TreeRows& rows, std::size_t classes, const TreeOptions& options,
                         int rounds);
std::string xgboost_library_version();

Weights solve_liblinear(const Design& design, std::span<const std::uint8_t> positive,
                        const RowChoice& rows, double c, double tolerance);

}  // namespace vitrine
