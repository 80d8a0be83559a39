#include "serve/models/photo_queue.h"

#include <gtest/gtest.h>

#include <latch>
#include <numeric>

namespace vitrine::serve {
namespace {

using std::chrono::milliseconds;

/// A fake network that records its batches: a photo is one byte, which is also its probability.
struct Puppet {
  std::mutex mutex;
  std::vector<std::size_t> batches;
  std::latch* gate = nullptr;  ///< if set, each batch waits for it
  bool fails = false;

  engine::Predictions run(std::span<const std::uint8_t> pixels, std::size_t count) {
    {
      const std::lock_guard lock(mutex);
      batches.push_back(count);
    }
    if (gate != nullptr) gate->wait();
    if (fails) throw std::runtime_error("the puppet fails");
    engine::Predictions out;
    out.classes = 1;
    for (const std::uint8_t pixel : pixels) {
      out.probabilities.push_back(pixel);
      out.predicted.push_back(pixel);
    }
    return out;
  }
};

struct PuppetQueue {
  explicit PuppetQueue(std::size_t largest, std::size_t workers = 2)
      : scheduler({.workers = workers, .max_queue = 10'000, .max_wait = std::chrono::seconds(60)},
                  metrics),
        queue(std::make_shared<PhotoQueue>(
            scheduler, metrics.of_model("puppet", 1), BatchOptions{largest, milliseconds(5)}, 1,
            [this](std::span<const std::uint8_t> pixels, std::size_t count) {
              return puppet.run(pixels, count);
            })) {}
  Puppet puppet;
  telemetry::ServerMetrics metrics;
  Scheduler scheduler;
  std::shared_ptr<PhotoQueue> queue;
};

TEST(PhotoQueueTest, each_request_gets_the_predictions_of_its_own_photos) {
  std::latch gate(1);  // holds the first batches back until all requests are there
  PuppetQueue one(8);
  one.puppet.gate = &gate;
  constexpr int kRequests = 400;
  std::latch done(kRequests);
  std::atomic<int> wrong{0};
  for (int i = 0; i < kRequests; ++i) {
    const std::vector<std::uint8_t> photos(static_cast<std::size_t>(i % 4),
                                           static_cast<std::uint8_t>(i));
    one.queue->submit(
        {}, [photos] { return photos; },
        [&, photos](PhotoAnswer answer) {
          const std::vector<float> wanted(photos.begin(), photos.end());
          if (answer.failure || answer.predictions.probabilities != wanted) ++wrong;
          done.count_down();
        });
  }
  gate.count_down();
  done.wait();
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(*std::ranges::max_element(one.puppet.batches), 8U);
  EXPECT_LT(one.puppet.batches.size(), 300U) << "no batches were formed";
}

TEST(PhotoQueueTest, errors_reach_only_the_requests_that_caused_or_shared_them) {
  PuppetQueue one(4);
  std::latch done(2);
  one.queue->submit(
      {}, []() -> std::vector<std::uint8_t> { throw std::runtime_error("no photo"); },
      [&](PhotoAnswer answer) {
        EXPECT_TRUE(answer.failure);
        done.count_down();
      });
  one.queue->submit(
      {}, [] { return std::vector<std::uint8_t>{7}; },
      [&](PhotoAnswer answer) {
        EXPECT_FALSE(answer.failure);
        done.count_down();
      });
  done.wait();
  one.puppet.fails = true;
  std::latch failed(3);
  for (int i = 0; i < 3; ++i) {
    one.queue->submit(
        {}, [] { return std::vector<std::uint8_t>{7}; },
        [&](PhotoAnswer answer) {
          EXPECT_TRUE(answer.failure);
          failed.count_down();
        });
  }
  failed.wait();
}

TEST(PhotoQueueTest, a_request_larger_than_the_largest_batch_is_run_in_pieces) {
  PuppetQueue one(4);
  std::vector<std::uint8_t> photos(100);
  std::iota(photos.begin(), photos.end(), std::uint8_t{0});
  std::latch done(1);
  one.queue->submit(
      {}, [photos] { return photos; },
      [&](PhotoAnswer answer) {
        EXPECT_EQ(answer.predictions.predicted.size(), 100U);
        EXPECT_EQ(answer.predictions.predicted[99], 99);
        done.count_down();
      });
  done.wait();
  EXPECT_LE(*std::ranges::max_element(one.puppet.batches), PhotoQueue::kMostAtOnce);
}

TEST(PhotoQueueTest, a_stop_finishes_each_request_exactly_once) {
  std::atomic<int> answered{0};
  {
    std::latch gate(1);
    PuppetQueue one(2, 1);
    one.puppet.gate = &gate;
    for (int i = 0; i < 50; ++i) {
      one.queue->submit(
          {}, [] { return std::vector<std::uint8_t>{1}; }, [&](PhotoAnswer) { ++answered; });
    }
    gate.count_down();
    one.scheduler.stop();
  }
  EXPECT_EQ(answered, 50);
}

}  // namespace
}  // namespace vitrine::serve
