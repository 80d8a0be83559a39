#include "infer/occlusion.h"

#include <gtest/gtest.h>

namespace vitrine {
namespace {

TEST(Occlusion, covers_each_place_once_with_the_mean_colour) {
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
    const std::size_t x = cell % kOcclusionGrid * 4 + 2;  // the place's middle
    const std::size_t y = cell / kOcclusionGrid * 2 + 1;
    EXPECT_EQ(copy[3 * (y * kWidth + x)], 200);
    EXPECT_EQ(copy[3 * (y * kWidth + x) + 1], 20);
    // Far from it nothing changes.
    const std::size_t far = 3 * ((y + kHeight / 2) % kHeight * kWidth + (x + kWidth / 2) % kWidth);
    EXPECT_TRUE(std::equal(copy + far, copy + far + 3, photo.begin() + static_cast<long>(far)));
  }
}

TEST(Occlusion, drops_are_of_the_answer_of_the_first_photo) {
  const Predictions all{
      .classes = 2, .probabilities = {0.2F, 0.8F, 0.5F, 0.5F, 0.1F, 0.9F}, .answers = {1, 0, 1}};
  const auto drops = occlusion_drops(all);
  ASSERT_EQ(drops.size(), 2U);
  EXPECT_NEAR(drops[0], 0.3F, 1e-6);
  EXPECT_NEAR(drops[1], -0.1F, 1e-6);
}

}  // namespace
}  // namespace vitrine
