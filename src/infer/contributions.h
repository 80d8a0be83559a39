// What pushed an answer, column by column.
#pragma once

#include <cstddef>
#include <vector>

namespace vitrine {

/// Contributions of a table's columns to the margins of its rows: `base` and a row's numbers add up
/// to the row's margin. A margin is what the logistic function or the softmax makes a probability
/// of; of two classes there is one, the second's.
struct Contributions {
  std::size_t columns = 0;
  std::size_t targets = 0;
  std::vector<double> base;    ///< [target]: the mean margin of the rows that taught
  std::vector<double> values;  ///< [row][target][column]

  const double* of(std::size_t row, std::size_t target) const {
    return &values[(row * targets + target) * columns];
  }
};

}  // namespace vitrine
