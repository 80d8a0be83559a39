#include "serve/models/batcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace vitrine::serve {
namespace {

using std::chrono::milliseconds;
using Ids = std::vector<Batcher::Id>;

/// A fake clock.
struct FakeClock {
  Time now{};
  void pass(milliseconds time) { now += time; }
};

class BatcherTest : public testing::Test {
 protected:
  void arrive(Batcher::Id id, std::size_t photos = 1) { batcher_.arrive(id, photos, clock_.now); }
  Ids next() {
    const auto batch = batcher_.next(clock_.now);
    return batch ? batch->ids : Ids{};
  }
  void expect(int requests) {
    for (int i = 0; i < requests; ++i) batcher_.expect();
  }
  FakeClock clock_;
  Batcher batcher_{{.largest = 4, .longest_wait = milliseconds(10)}};
};

TEST_F(BatcherTest, a_single_request_never_waits) {
  expect(1);
  arrive(7);
  EXPECT_EQ(next(), Ids{7});
  EXPECT_EQ(next(), Ids{});
}

TEST_F(BatcherTest, a_batch_waits_for_expected_requests) {
  expect(3);
  arrive(1);
  EXPECT_EQ(next(), Ids{});
  arrive(2);
  EXPECT_EQ(next(), Ids{});
  arrive(3);  // the last one expected
  EXPECT_EQ(next(), (Ids{1, 2, 3}));
}

TEST_F(BatcherTest, a_full_batch_runs_at_once_and_the_rest_forms_the_next) {
  expect(9);
  for (Batcher::Id id = 1; id <= 5; ++id) arrive(id);
  EXPECT_EQ(next(), (Ids{1, 2, 3, 4}));
  EXPECT_EQ(next(), Ids{});
  EXPECT_EQ(batcher_.waiting(), 1);
}

TEST_F(BatcherTest, a_batch_runs_when_the_longest_wait_is_over) {
  expect(2);
  arrive(1);
  clock_.pass(milliseconds(9));
  EXPECT_EQ(next(), Ids{});
  clock_.pass(milliseconds(1));
  EXPECT_EQ(next(), Ids{1});
}

TEST_F(BatcherTest, a_batch_does_not_wait_for_a_request_that_left) {
  expect(2);
  arrive(1);
  EXPECT_EQ(next(), Ids{});
  batcher_.leave();
  EXPECT_EQ(next(), Ids{1});
}

TEST_F(BatcherTest, requests_are_never_split_and_large_ones_run_alone) {
  expect(3);
  arrive(1, 3);
  arrive(2, 2);
  EXPECT_EQ(next(), Ids{1});
  arrive(3, 9);
  EXPECT_EQ(next(), Ids{2});
  EXPECT_EQ(next(), Ids{3});
}

/// A fake engine: a batch takes `fixed` plus `each` per photo.
void work(BatchSizer& sizer, int batches, double fixed, double each) {
  for (int i = 0; i < batches; ++i) {
    const auto size = sizer.limit();
    const double seconds = fixed + each * static_cast<double>(size);
    sizer.measured(size,
                   std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)));
  }
}

/// The size that is used most of the time, outside trials.
std::size_t usual_size(BatchSizer& sizer, double fixed, double each) {
  std::map<std::size_t, int> counts;
  for (int i = 0; i < 500; ++i) {
    ++counts[sizer.limit()];
    work(sizer, 1, fixed, each);
  }
  return std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; })
      ->first;
}

TEST(BatchSizerTest, an_engine_that_is_faster_in_batches_gets_the_largest_size) {
  BatchSizer sizer(0);
  work(sizer, 1000, 0.010, 0.001);
  EXPECT_EQ(usual_size(sizer, 0.010, 0.001), 16);
}

TEST(BatchSizerTest, an_engine_that_is_not_faster_in_batches_gets_single_photos) {
  BatchSizer sizer(0);
  work(sizer, 1000, 0, 0.004);
  EXPECT_EQ(usual_size(sizer, 0, 0.004), 1);
}

TEST(BatchSizerTest, the_size_adapts_when_the_engine_changes) {
  BatchSizer sizer(0);
  work(sizer, 1000, 0.010, 0.001);
  std::map<std::size_t, int> counts;
  for (int i = 0; i < 2000; ++i) {  // now large batches fall out of the cache
    const auto size = sizer.limit();
    if (i >= 1000) ++counts[size];
    work(sizer, 1, 0.001, size > 8 ? 0.006 : size > 4 ? 0.004 : 0.002);
  }
  EXPECT_EQ(
      std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; })->first,
      4);
}

TEST(BatchSizerTest, a_trial_with_too_few_photos_is_abandoned) {
  BatchSizer sizer(0);
  std::map<std::size_t, int> counts;
  for (int i = 0; i < 1000; ++i) {  // never more than four photos at a time
    const auto size = std::min<std::size_t>(sizer.limit(), 4);
    ++counts[sizer.limit()];
    sizer.measured(size, std::chrono::milliseconds(10) + size * std::chrono::milliseconds(1));
  }
  EXPECT_EQ(
      std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; })->first,
      4U);
}

TEST(BatchSizerTest, a_larger_size_is_found_quickly) {
  BatchSizer sizer(0);
  work(sizer, 60, 0.010, 0.001);
  EXPECT_EQ(sizer.limit(), 16U);
}

TEST(BatchSizerTest, a_fixed_size_never_changes) {
  BatchSizer sizer(6);
  work(sizer, 500, 0, 0.004);
  EXPECT_EQ(sizer.limit(), 6);
}

}  // namespace
}  // namespace vitrine::serve
