#include "engine/occlusion.h"

#include <gtest/gtest.h>

namespace vitrine::engine {
namespace {

TEST(Occlusion, covers_each_cell_with_the_mean_colour) {
  constexpr int kWidth = 28;
  constexpr int kHeight = 14;
  constexpr std::size_t kBytes = 3 * kWidth * kHeight;
  std::vector<std::uint8_t> photo;
  for (std::size_t i = 0; i < kBytes; ++i) photo.push_back(i % 3 == 0 ? 200 : i % 2 == 0 ? 10 : 30);
  const auto all = with_occlusions(photo, kWidth, kHeight);
  ASSERT_EQ(all.size(), kBytes * (kOcclusions + 1));
  EXPECT_TRUE(std::equal(photo.begin(), photo.end(), all.begin()));
  for (std::size_t cell = 0; cell < kOcclusions; ++cell) {
    const std::uint8_t* copy = &all[kBytes * (cell + 1)];
    const std::size_t x = cell % kOcclusionGrid * 4 + 2;  // the middle of the cell
    const std::size_t y = cell / kOcclusionGrid * 2 + 1;
    EXPECT_EQ(copy[3 * (y * kWidth + x)], 200);
    EXPECT_EQ(copy[3 * (y * kWidth + x) + 1], 20);
    // Distant pixels are unchanged.
    const std::size_t far = 3 * ((y + kHeight / 2) % kHeight * kWidth + (x + kWidth / 2) % kWidth);
    EXPECT_TRUE(std::equal(copy + far, copy + far + 3, photo.begin() + static_cast<long>(far)));
  }
}

TEST(Occlusion, scores_refer_to_the_class_predicted_for_the_whole_photo) {
  const Predictions all{
      .classes = 2, .probabilities = {0.2F, 0.8F, 0.5F, 0.5F, 0.1F, 0.9F}, .predicted = {1, 0, 1}};
  const auto scores = occlusion_scores(all);
  ASSERT_EQ(scores.size(), 2U);
  EXPECT_NEAR(scores[0], 0.3F, 1e-6);
  EXPECT_NEAR(scores[1], -0.1F, 1e-6);
}

}  // namespace
}  // namespace vitrine::engine
