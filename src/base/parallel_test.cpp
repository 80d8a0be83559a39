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

TEST(Parallel, rethrows_an_exception_and_runs_nothing_for_count_zero) {
  EXPECT_THROW(parallel_for(10,
                            [](std::size_t i) {
                              if (i == 3) throw std::runtime_error("x");
                            }),
               std::runtime_error);
  parallel_for(0, [](std::size_t) { FAIL(); });
}

TEST(Parallel, rethrows_the_exception_of_the_smallest_index) {
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

TEST(Parallel, a_nested_loop_runs_on_the_calling_thread) {
  std::vector<int> runs(100, 0);
  std::atomic<int> on_other_threads{0};
  parallel_for(100, [&](std::size_t i) {
    const auto me = std::this_thread::get_id();
    parallel_for(10, [&](std::size_t) {
      ++runs[i];
      on_other_threads += std::this_thread::get_id() == me ? 0 : 1;
    });
  });
  EXPECT_EQ(runs, std::vector<int>(100, 10));
  EXPECT_EQ(on_other_threads, 0);
}

TEST(BackgroundTasks, runs_all_jobs_with_and_without_a_helper_thread) {
  for (const bool helped : {false, true}) {
    std::atomic<int> done{0};
    BackgroundTasks tasks(helped);
    tasks.wait();  // no jobs
    for (int round = 1; round <= 3; ++round) {
      for (int i = 0; i < 100; ++i) tasks.add([&] { ++done; });
      tasks.wait();
      EXPECT_EQ(done, 100 * round);
    }
  }
}

TEST(BackgroundTasks, waits_for_a_job_that_is_running) {
  std::atomic<bool> begun{false}, ended{false};
  BackgroundTasks tasks(true);
  tasks.add([&] {
    begun = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    ended = true;
  });
  while (!begun) std::this_thread::yield();
  tasks.wait();
  EXPECT_TRUE(ended);
}

TEST(BackgroundTasks, rethrows_the_exception_of_the_first_failed_job) {
  for (const bool helped : {false, true}) {
    std::atomic<int> done{0};
    BackgroundTasks tasks(helped);
    tasks.add([&] { ++done; });
    tasks.add([&] {
      ++done;
      throw std::runtime_error("second");
    });
    tasks.add([&] { ++done; });
    EXPECT_THROW(tasks.wait(), std::runtime_error);
    EXPECT_EQ(done, 3);
    tasks.add([&] { ++done; });
    EXPECT_NO_THROW(tasks.wait());
    EXPECT_EQ(done, 4);
  }
}

TEST(BackgroundTasks, can_be_destroyed_without_waiting_for_its_jobs) {
  for (const bool helped : {false, true}) {
    BackgroundTasks tasks(helped);
    for (int i = 0; i < 100; ++i) tasks.add([] {});
  }
}

}  // namespace
}  // namespace vitrine
