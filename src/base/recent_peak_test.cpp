#include "base/recent_peak.h"

#include <gtest/gtest.h>

namespace vitrine {
namespace {

using std::chrono::milliseconds;

TEST(RecentPeakTest, keeps_the_maximum_and_decays_linearly) {
  RecentPeak peak;
  const Time now = Clock::now();
  EXPECT_EQ(peak.at(now), Duration::zero());
  peak.note(milliseconds(8), now);
  peak.note(milliseconds(2), now);
  EXPECT_EQ(peak.at(now), milliseconds(8));
  EXPECT_EQ(peak.at(now + milliseconds(256)), milliseconds(4));
  EXPECT_EQ(peak.at(now + std::chrono::seconds(9)), Duration::zero());
  peak.note(milliseconds(5), now + milliseconds(256));
  EXPECT_EQ(peak.at(now + milliseconds(256)), milliseconds(5));
}

}  // namespace
}  // namespace vitrine
