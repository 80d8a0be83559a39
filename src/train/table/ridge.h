// Linear least squares with an L2 penalty (ridge regression) on a packed design.
#pragma once

#include <span>

#include "train/table/logistic.h"

namespace vitrine::train {

/// The weights that minimise the sum over the rows of (w'x + b - target)^2, plus `penalty` w'w, to
/// a residual of 1e-9 of its first size, or as far as 500 steps lead. By conjugate gradients
/// (Hestenes and Stiefel 1952), scaled by the diagonal. `targets` has one number for each row. The
/// result does not depend on the number of cores. Uses all cores.
Weights fit_ridge(const Design& design, std::span<const double> targets, const RowChoice& rows,
                  double penalty);

}  // namespace vitrine::train
