#include "base/progress.h"

#include <gtest/gtest.h>

namespace vitrine {
namespace {

TEST(Progress, ShowsCountAndRemainingTime) {
  EXPECT_EQ(how_far(1000, 4000, "photo", 2), "1,000 of 4,000 photos, about 7 s left");
  EXPECT_EQ(how_far(1, 1, "photo", 30), "1 of 1 photo, about 1 s left");
}

}  // namespace
}  // namespace vitrine
