#include "base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace vitrine {
namespace {

TEST(Parallel, runs_every_index_once) {
  std::vector<int> runs(1000, 0);
  parallel_for(runs.size(), [&](std::size_t i) { ++runs[i]; });
  EXPECT_EQ(runs, std::vector<int>(1000, 1));
}

TEST(Parallel, hands_on_an_exception_and_runs_nothing_for_zero) {
  EXPECT_THROW(parallel_for(10,
                            [](std::size_t i) {
                              if (i == 3) throw std::runtime_error("x");
                            }),
               std::runtime_error);
  parallel_for(0, [](std::size_t) { FAIL(); });
}

}  // namespace
}  // namespace vitrine
