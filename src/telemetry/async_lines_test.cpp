#include "telemetry/async_lines.h"

#include <gtest/gtest.h>

#include <atomic>

namespace vitrine::telemetry {
namespace {

TEST(AsyncLines, passes_every_line_in_order_and_the_rest_on_destruction) {
  std::string got;
  {
    AsyncLines lines(1 << 20,
                     [&](std::string_view text, std::size_t dropped, const std::stop_token&) {
                       got += text;
                       EXPECT_EQ(dropped, 0);
                     });
    for (int i = 0; i < 1000; ++i) lines.add(std::to_string(i) + "\n");
  }
  std::string wanted;
  for (int i = 0; i < 1000; ++i) wanted += std::to_string(i) + "\n";
  EXPECT_EQ(got, wanted);
}

TEST(AsyncLines, a_blocked_sink_drops_lines_and_never_blocks_the_caller) {
  std::atomic<bool> go{false};
  std::size_t lost = 0;
  std::size_t taken = 0;
  {
    AsyncLines lines(100, [&](std::string_view text, std::size_t dropped, const std::stop_token&) {
      while (!go) std::this_thread::yield();
      taken += text.size() / 10;
      lost += dropped;
    });
    for (int i = 0; i < 1000; ++i) lines.add("123456789\n");
    go = true;
  }
  EXPECT_LE(taken, 20U);
  EXPECT_GE(taken, 10U);
  EXPECT_LE(lost + taken, 1000U);
  EXPECT_GE(lost, 900U);
}

}  // namespace
}  // namespace vitrine::telemetry
