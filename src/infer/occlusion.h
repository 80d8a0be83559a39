// Where a network looked: how much less probable its answer becomes with a part of the photo
// covered. Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks" (2014),
// section 4.2.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "infer/predictor.h"

namespace vitrine {

inline constexpr std::size_t kOcclusionGrid = 7;  ///< places a side
inline constexpr std::size_t kOcclusions = kOcclusionGrid * kOcclusionGrid;

/// The photo (RGB, row after row), and behind it a copy for each place of the grid, row after row,
/// in which a square about two places wide is covered with the photo's mean colour.
std::vector<std::uint8_t> with_occlusions(std::span<const std::uint8_t> photo, int width,
                                          int height);

/// By how much the answer of the first photo is less probable on each of the others; negative where
/// it is more probable.
std::vector<float> occlusion_drops(const Predictions& of_all);

}  // namespace vitrine
