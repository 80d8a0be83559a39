// Calibration of the margins of ensembles of trees, and blends of several ensembles.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "train/table/trees/tree_loss.h"

namespace vitrine::train {

/// A calibrated margin is scale * margin + offset of its output.
struct Calibration {
  double scale = 1;
  std::vector<double> offsets;  ///< [output]
};

/// The calibration with the least loss on `rows`: for classes logistic (Platt 1999, with his target
/// probabilities, which keep it finite), for numbers by least squares. The scale is at least 0.
/// Takes time in proportion to the square of the number of classes. `margins` must not come from
/// a model that has seen these rows. Not for Poisson targets.
Calibration calibrate(const TreeTarget& target, std::span<const std::uint32_t> rows,
                      const Margins& margins);

/// Calibrates the margins of `rows`.
void apply(const Calibration& calibration, std::span<const std::uint32_t> rows, Margins& margins);

/// The weights (their sum is 1) of the mean of `candidates` with the least loss on `rows`, by
/// greedy selection with replacement (Caruana et al. 2004): the best one alone, if no mean is
/// better. At most `most` candidates have a weight above 0.
std::vector<double> blend_weights(const TreeTarget& target, std::span<const std::uint32_t> rows,
                                  std::span<const Margins* const> candidates, std::size_t most);

/// The mean of the candidates with these weights.
Margins blended(std::span<const Margins* const> candidates, std::span<const double> weights);

}  // namespace vitrine::train
