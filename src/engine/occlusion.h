// Explains a prediction of a photo by occlusion: parts of the photo are covered, and the change of
// the probability is measured. Zeiler and Fergus, "Visualizing and Understanding Convolutional
// Networks" (2014), section 4.2.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/predictor.h"

namespace vitrine::engine {

inline constexpr std::size_t kOcclusionGrid = 7;  ///< cells per side
inline constexpr std::size_t kOcclusions = kOcclusionGrid * kOcclusionGrid;

/// The photo (RGB, row by row), followed by a copy for each cell of the grid, row by row, in which
/// a square about two cells wide is filled with the photo's mean colour.
std::vector<std::uint8_t> with_occlusions(std::span<const std::uint8_t> photo, int width,
                                          int height);

/// `of_all` are the predictions for with_occlusions(). For each copy, the decrease of the
/// probability of the class predicted for the photo; negative if it increases.
std::vector<float> occlusion_scores(const Predictions& of_all);

}  // namespace vitrine::engine
