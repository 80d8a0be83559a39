#include "sample/clothes.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "base/parallel.h"
#include "data/image/resize.h"

namespace vitrine::sample {
namespace {

TEST(SampleClothes, TheSameSeedGivesTheSamePixels) {
  for (std::size_t kind = 0; kind < kClothes.size(); ++kind) {
    EXPECT_EQ(draw_clothes(kind, 7, 32).pixels, draw_clothes(kind, 7, 32).pixels);
    EXPECT_NE(draw_clothes(kind, 7, 32).pixels, draw_clothes(kind, 8, 32).pixels);
  }
}

/// The sample must require a model that learns shapes: comparing pixels must not be enough.
TEST(SampleClothes, NearestNeighbourOnPixelsIsNotEnough) {
  constexpr std::size_t kTrain = 1200;
  constexpr std::size_t kTest = 300;
  std::vector<data::Image> train(kTrain);
  std::vector<data::Image> test(kTest);
  const auto draw = [](std::vector<data::Image>& to, std::uint64_t seed) {
    parallel_for(to.size(), [&](std::size_t i) {
      to[i] = data::resized(draw_clothes(i % 10, seed + i, 48), {16, 16, data::Fit::stretch});
    });
  };
  draw(train, 10'000'000);
  draw(test, 20'000'000);
  std::size_t right = 0;
  for (std::size_t t = 0; t < kTest; ++t) {
    long least = std::numeric_limits<long>::max();
    std::size_t nearest = 0;
    for (std::size_t i = 0; i < kTrain; ++i) {
      long distance = 0;
      for (std::size_t p = 0; p < test[t].pixels.size(); ++p) {
        const long d = test[t].pixels[p] - train[i].pixels[p];
        distance += d * d;
      }
      if (distance < least) {
        least = distance;
        nearest = i;
      }
    }
    right += nearest % 10 == t % 10 ? 1 : 0;
  }
  EXPECT_LE(static_cast<double>(right) / kTest, 0.60);
  EXPECT_GE(static_cast<double>(right) / kTest, 0.12) << "better than random";
  RecordProperty("accuracy_percent", static_cast<int>(100 * right / kTest));
}

}  // namespace
}  // namespace vitrine::sample
