// The contributions of columns to a prediction.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/margin_link.h"

namespace vitrine::engine {

/// Contributions of the columns to the margins of rows: `base` and a row's contributions add up to
/// its margin, in logits, from which `link` computes probabilities. With two classes there is one
/// margin, that of the second class. Of a number there is one, in its own unit, or the logarithm of
/// it (data::Link). Plain data.
struct Contributions {
  std::size_t columns = 0;
  std::size_t targets = 0;
  std::vector<double> base;    ///< [target]: the mean margin of the training rows
  std::vector<double> values;  ///< [row][target][column]
  /// The texts of a free text column [row], which PredictionWriter takes apart into words.
  struct ColumnTexts {
    std::size_t column = 0;
    std::vector<std::string> texts;
  };
  std::vector<ColumnTexts> texts = {};
  MarginLink link = MarginLink::logistic;

  /// The contributions of all columns to one margin.
  const double* of(std::size_t row, std::size_t target) const {
    return &values[(row * targets + target) * columns];
  }
};

}  // namespace vitrine::engine
