#include "engine/occlusion.h"

#include <algorithm>
#include <array>

namespace vitrine::engine {

std::vector<std::uint8_t> with_occlusions(std::span<const std::uint8_t> photo, int width,
                                          int height) {
  std::array<std::uint64_t, 3> sums{};
  for (std::size_t i = 0; i < photo.size(); ++i) sums[i % 3] += photo[i];
  std::array<std::uint8_t, 3> mean{};
  for (std::size_t c = 0; c < 3; ++c) {
    mean[c] = static_cast<std::uint8_t>(sums[c] / std::max<std::size_t>(1, photo.size() / 3));
  }
  std::vector<std::uint8_t> out;
  out.reserve(photo.size() * (kOcclusions + 1));
  out.insert(out.end(), photo.begin(), photo.end());
  constexpr int kGrid = kOcclusionGrid;
  // The square reaches half a cell beyond the cell on each side.
  const auto edge = [](int size, int halves) {
    return std::clamp(size * halves / (2 * kGrid), 0, size);
  };
  for (int cell = 0; cell < kGrid * kGrid; ++cell) {
    const int row = cell / kGrid;
    const int column = cell % kGrid;
    const std::size_t begin = out.size();
    out.insert(out.end(), photo.begin(), photo.end());
    for (int y = edge(height, 2 * row - 1); y < edge(height, 2 * row + 3); ++y) {
      for (int x = edge(width, 2 * column - 1); x < edge(width, 2 * column + 3); ++x) {
        std::ranges::copy(
            mean, &out[begin + 3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                                    static_cast<std::size_t>(x))]);
      }
    }
  }
  return out;
}

std::vector<float> occlusion_scores(const Predictions& of_all) {
  const auto answer = static_cast<std::size_t>(of_all.predicted[0]);
  std::vector<float> occlusion_scores;
  for (std::size_t i = 1; i < of_all.predicted.size(); ++i) {
    occlusion_scores.push_back(of_all.probabilities[answer] -
                               of_all.probabilities[i * of_all.classes + answer]);
  }
  return occlusion_scores;
}

}  // namespace vitrine::engine
