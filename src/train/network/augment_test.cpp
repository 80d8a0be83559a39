#include "train/network/augment.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace vitrine::train {
namespace {

/// An image whose left half is dark and right half is light.
data::Image two_tone_image(int width, int height) {
  data::Image image{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x)
      image.pixels.insert(image.pixels.end(), 3, x < width / 2 ? 20 : 220);
  }
  return image;
}

std::vector<std::uint8_t> augmented(const data::Image& image, const Recipe& recipe,
                                    std::uint64_t seed) {
  std::vector<std::uint8_t> out(std::size_t{32} * 32 * 3);
  Random random(seed);
  augment(image, recipe, 32, 32, random, out.data());
  return out;
}

TEST(Augment, TheSameSeedProducesTheSameImage) {
  const data::Image image = two_tone_image(60, 40);
  EXPECT_EQ(augmented(image, {}, 1), augmented(image, {}, 1));
  EXPECT_NE(augmented(image, {}, 1), augmented(image, {}, 2));
}

TEST(Augment, WithEverythingOffThePhotoIsNotChanged) {
  const Recipe plain{.mirror = 0, .crop = 1, .colour = 0, .erase = 0};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto pixels = augmented(two_tone_image(64, 64), plain, seed);
    EXPECT_LT(pixels[16 * 32 * 3], 40);
    EXPECT_GT(pixels[16 * 32 * 3 + 31 * 3], 200);
  }
}

TEST(Augment, MirrorsHalfOfThePhotos) {
  const Recipe mirrored{.mirror = 0.5, .crop = 1, .colour = 0, .erase = 0};
  int turned = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed)
    turned += augmented(two_tone_image(64, 64), mirrored, seed)[16 * 32 * 3] > 120 ? 1 : 0;
  EXPECT_GT(turned, 70);
  EXPECT_LT(turned, 130);
}

TEST(Augment, AcceptsPhotosOfUnusualShapes) {
  for (const auto& [width, height] : {std::pair{1, 1}, {500, 3}, {2, 700}}) {
    const auto pixels = augmented(two_tone_image(width, height), {}, 4);
    EXPECT_EQ(pixels.size(), 32U * 32 * 3);
  }
}

}  // namespace
}  // namespace vitrine::train
