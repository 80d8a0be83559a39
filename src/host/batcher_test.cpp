#include "host/batcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace vitrine {
namespace {

using std::chrono::milliseconds;
using Ids = std::vector<Batcher::Id>;

/// Time that the test alone moves.
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

TEST_F(BatcherTest, one_request_alone_never_waits) {
  expect(1);
  arrive(7);
  EXPECT_EQ(next(), Ids{7});
  EXPECT_EQ(next(), Ids{});
}

TEST_F(BatcherTest, a_batch_forms_of_those_that_are_on_their_way) {
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

TEST_F(BatcherTest, nobody_waits_longer_than_allowed) {
  expect(2);
  arrive(1);
  clock_.pass(milliseconds(9));
  EXPECT_EQ(next(), Ids{});
  clock_.pass(milliseconds(1));
  EXPECT_EQ(next(), Ids{1});
}

TEST_F(BatcherTest, one_that_leaves_is_not_waited_for) {
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

/// A puppet of an engine: a batch costs `fixed` and `each` a photo.
void work(BatchSizer& sizer, int batches, double fixed, double each) {
  for (int i = 0; i < batches; ++i) {
    const auto size = sizer.limit();
    const double seconds = fixed + each * static_cast<double>(size);
    sizer.measured(size,
                   std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)));
  }
}

/// The size that is used most of the time: trials of others are short.
std::size_t usual_size(BatchSizer& sizer, double fixed, double each) {
  std::map<std::size_t, int> counts;
  for (int i = 0; i < 500; ++i) {
    ++counts[sizer.limit()];
    work(sizer, 1, fixed, each);
  }
  return std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; })
      ->first;
}

TEST(BatchSizerTest, an_engine_that_gains_by_batches_gets_the_largest) {
  BatchSizer sizer(0);
  work(sizer, 1000, 0.010, 0.001);
  EXPECT_EQ(usual_size(sizer, 0.010, 0.001), 16);
}

TEST(BatchSizerTest, an_engine_that_gains_nothing_gets_photos_one_by_one) {
  BatchSizer sizer(0);
  work(sizer, 1000, 0, 0.004);
  EXPECT_EQ(usual_size(sizer, 0, 0.004), 1);
}

TEST(BatchSizerTest, it_follows_an_engine_that_changes) {
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

TEST(BatchSizerTest, a_trial_for_which_too_few_photos_come_is_given_up) {
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

TEST(BatchSizerTest, the_way_to_a_larger_size_is_short) {
  BatchSizer sizer(0);
  work(sizer, 60, 0.010, 0.001);
  EXPECT_EQ(sizer.limit(), 16U);
}

TEST(BatchSizerTest, a_size_that_was_asked_for_stays) {
  BatchSizer sizer(6);
  work(sizer, 500, 0, 0.004);
  EXPECT_EQ(sizer.limit(), 6);
}

}  // namespace
}  // namespace vitrine
