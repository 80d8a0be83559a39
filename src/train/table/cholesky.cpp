#include "train/table/cholesky.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace vitrine::train {

std::vector<double> solve_positive(std::vector<double> matrix, std::vector<double> b) {
  const std::size_t n = b.size();
  for (std::size_t i = 0; i < n; ++i) {
    double* line = &matrix[i * n];
    for (std::size_t j = 0; j <= i; ++j) {
      const double* other = &matrix[j * n];
      double sum = line[j];
      for (std::size_t k = 0; k < j; ++k) sum -= line[k] * other[k];
      line[j] = i == j ? std::sqrt(std::max(sum, 1e-12)) : sum / other[j];
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k) b[i] -= matrix[i * n + k] * b[k];
    b[i] /= matrix[i * n + i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) b[i] -= matrix[k * n + i] * b[k];
    b[i] /= matrix[i * n + i];
  }
  return b;
}

}  // namespace vitrine::train
