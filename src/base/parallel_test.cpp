#include "base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
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

TEST(Parallel, of_several_exceptions_that_of_the_least_index_is_handed_on) {
  for (int round = 0; round < 200; ++round) {
    try {
      parallel_for(64, [](std::size_t i) {
        if (i >= 20) throw std::runtime_error(std::to_string(i));
      });
      FAIL();
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "20");
    }
  }
}

TEST(Parallel, inside_a_body_it_runs_on_the_bodys_thread) {
  std::vector<int> runs(100, 0);
  std::atomic<int> strangers{0};
  parallel_for(100, [&](std::size_t i) {
    const auto me = std::this_thread::get_id();
    parallel_for(10, [&](std::size_t) {
      ++runs[i];
      strangers += std::this_thread::get_id() == me ? 0 : 1;
    });
  });
  EXPECT_EQ(runs, std::vector<int>(100, 10));
  EXPECT_EQ(strangers, 0);
}

TEST(Aside, does_all_jobs_with_a_helper_and_without) {
  for (const bool helped : {false, true}) {
    std::atomic<int> done{0};
    Aside aside(helped);
    aside.wait();  // for nothing
    for (int round = 1; round <= 3; ++round) {
      for (int i = 0; i < 100; ++i) aside.add([&] { ++done; });
      aside.wait();
      EXPECT_EQ(done, 100 * round);
    }
  }
}

TEST(Aside, waits_for_the_job_that_the_helper_has_begun) {
  std::atomic<bool> begun{false}, ended{false};
  Aside aside(true);
  aside.add([&] {
    begun = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    ended = true;
  });
  while (!begun) std::this_thread::yield();
  aside.wait();
  EXPECT_TRUE(ended);
}

TEST(Aside, throws_what_the_first_that_failed_threw) {
  for (const bool helped : {false, true}) {
    std::atomic<int> done{0};
    Aside aside(helped);
    aside.add([&] { ++done; });
    aside.add([&] {
      ++done;
      throw std::runtime_error("second");
    });
    aside.add([&] { ++done; });
    EXPECT_THROW(aside.wait(), std::runtime_error);
    EXPECT_EQ(done, 3);
    aside.add([&] { ++done; });
    EXPECT_NO_THROW(aside.wait());
    EXPECT_EQ(done, 4);
  }
}

TEST(Aside, ends_with_jobs_that_nobody_waited_for) {
  for (const bool helped : {false, true}) {
    Aside aside(helped);
    for (int i = 0; i < 100; ++i) aside.add([] {});
  }
}

}  // namespace
}  // namespace vitrine
