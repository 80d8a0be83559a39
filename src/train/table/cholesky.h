#pragma once

#include <vector>

namespace vitrine::train {

/// The x of A x = b by Cholesky decomposition. A is symmetric and positive definite; of its
/// b.size() * b.size() elements in `matrix` only the lower triangle is read.
std::vector<double> solve_positive(std::vector<double> matrix, std::vector<double> b);

}  // namespace vitrine::train
