#include "model/training_filter.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace vitrine::model {
namespace {

std::vector<std::uint64_t> hashes_of(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::uint64_t> out(count);
  for (std::uint64_t& one : out) one = random.next();
  return out;
}

TrainingFilter reread(const TrainingFilter& filter) {
  return TrainingFilter::from_json(Json::parse(filter.to_json().dump())).value();
}

TEST(TrainingFilter, knows_cases_that_were_trained_on_and_no_others) {
  for (const std::size_t rows : {30U, 4096U, 20'000U}) {
    const std::vector<std::uint64_t> trained = hashes_of(rows, 1);
    const TrainingFilter filter = reread(TrainingFilter(trained));
    EXPECT_NEAR(filter.trained_share(trained), 1, 1e-9) << rows;
    EXPECT_EQ(filter.trained_share(hashes_of(rows, 2)), 0) << rows;
    EXPECT_EQ(filter.trained_share(hashes_of(5 * rows, 3)), 0) << rows;
    EXPECT_LE(filter.to_json()["bits"].get<std::string>().size(), 5500U);
  }
}

TEST(TrainingFilter, estimates_the_share_of_a_mixture) {
  const std::vector<std::uint64_t> trained = hashes_of(6000, 1);
  std::vector<std::uint64_t> mixture = hashes_of(1500, 2);
  mixture.insert(mixture.end(), trained.begin(), trained.begin() + 500);
  EXPECT_NEAR(TrainingFilter(trained).trained_share(mixture), 0.25, 0.05);
}

TEST(TrainingFilter, of_a_table_that_repeats_rows_expects_repeated_rows) {
  Random random(4);
  const auto draw = [&](std::size_t count) {  // of 500 different rows
    std::vector<std::uint64_t> out(count);
    for (std::uint64_t& one : out) one = 0x9E3779B97F4A7C15U * (random.below(500));
    return out;
  };
  const std::vector<std::uint64_t> trained = draw(2000);
  EXPECT_EQ(TrainingFilter(trained).trained_share(draw(300)), 0);
}

TEST(TrainingFilter, refuses_damage) {
  EXPECT_FALSE(TrainingFilter::from_json(Json()));
  EXPECT_FALSE(TrainingFilter::from_json({{"bits", "?"}, {"limit", 1}, {"repeated_share", 0}}));
  EXPECT_FALSE(TrainingFilter::from_json({{"bits", "AA"}, {"limit", -1}, {"repeated_share", 0}}));
  const auto empty =
      TrainingFilter::from_json(Json::parse(R"({"bits": "", "limit": 1, "repeated_share": 0})"));
  EXPECT_EQ(empty.value().trained_share(hashes_of(10, 1)), 0);
}

}  // namespace
}  // namespace vitrine::model
