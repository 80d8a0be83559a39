#include "train/table/trees/calibration.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/random.h"

namespace vitrine::train {
namespace {

std::vector<std::uint32_t> all_rows(std::size_t count) {
  std::vector<std::uint32_t> rows(count);
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

TEST(Calibration, finds_the_scale_and_offset_of_the_log_odds) {
  constexpr std::size_t kRows = 200'000;
  Random random(3);
  Margins margins(1);
  std::vector<int> labels;
  for (std::size_t row = 0; row < kRows; ++row) {
    const double x = random.uniform();
    margins[0].push_back(static_cast<float>(x));
    labels.push_back(random.bernoulli(1 / (1 + std::exp(-(6 * x - 4)))) ? 1 : 0);
  }
  const TreeTarget target{.classes = 2, .labels = labels, .numbers = {}};
  const Calibration found = calibrate(target, all_rows(kRows), margins);
  EXPECT_NEAR(found.scale, 6, 0.15);
  EXPECT_NEAR(found.offsets[0], -4, 0.1);
}

TEST(Calibration, of_several_classes_has_the_least_loss_near_it) {
  constexpr std::size_t kRows = 5000;
  Random random(4);
  Margins margins(3, std::vector<float>(kRows));
  std::vector<int> labels;
  for (std::size_t row = 0; row < kRows; ++row) {
    labels.push_back(static_cast<int>(random.uniform() * 3));
    for (auto& of_class : margins) of_class[row] = static_cast<float>(0.3 * random.normal());
    margins[static_cast<std::size_t>(labels.back())][row] += 0.2F;
  }
  const TreeTarget target{.classes = 3, .labels = labels, .numbers = {}};
  const auto rows = all_rows(kRows);
  const Calibration found = calibrate(target, rows, margins);
  const auto loss = [&](double scale, double offset) {
    Calibration near = found;
    near.scale += scale;
    near.offsets[1] += offset;
    Margins calibrated = margins;
    apply(near, rows, calibrated);
    return target.mean_loss(rows, calibrated);
  };
  for (const double step : {-0.2, 0.2}) {
    EXPECT_LT(loss(0, 0), loss(step, 0));
    EXPECT_LT(loss(0, 0), loss(0, step));
  }
  EXPECT_LT(loss(0, 0), std::log(3) - 0.1);
}

TEST(Calibration, is_finite_where_margins_tell_the_classes_apart) {
  std::vector<int> labels(100, 0);
  Margins margins(1, std::vector<float>(100, 0.0F));
  for (std::size_t row = 50; row < 100; ++row) {
    labels[row] = 1;
    margins[0][row] = 1;
  }
  const TreeTarget target{.classes = 2, .labels = labels, .numbers = {}};
  const Calibration found = calibrate(target, all_rows(100), margins);
  // Platt's targets: 51 of 52, and 1 of 52.
  EXPECT_NEAR(found.offsets[0], -std::log(51), 0.01);
  EXPECT_NEAR(found.scale, 2 * std::log(51), 0.02);
}

TEST(Calibration, of_numbers_is_a_line_by_least_squares) {
  const std::vector<float> numbers{1, 3, 5, 7};
  const TreeTarget target{.labels = {}, .numbers = numbers};
  const Margins margins{{0, 1, 2, 3}};
  const Calibration found = calibrate(target, all_rows(4), margins);
  EXPECT_NEAR(found.scale, 2, 1e-9);
  EXPECT_NEAR(found.offsets[0], 1, 1e-9);
  const Calibration constant = calibrate(target, all_rows(4), {std::vector<float>(4, 5.0F)});
  EXPECT_EQ(constant.scale, 0);
  EXPECT_EQ(constant.offsets[0], 4);
}

TEST(Blend, weights_independent_estimates_and_leaves_out_a_useless_one) {
  constexpr std::size_t kRows = 4000;
  Random random(5);
  std::vector<float> numbers;
  Margins first(1), second(1), useless(1);
  for (std::size_t row = 0; row < kRows; ++row) {
    numbers.push_back(static_cast<float>(random.normal()));
    first[0].push_back(numbers.back() + static_cast<float>(random.normal()));
    second[0].push_back(numbers.back() + static_cast<float>(random.normal()));
    useless[0].push_back(static_cast<float>(4 * random.normal()));
  }
  const TreeTarget target{.labels = {}, .numbers = numbers};
  const std::vector<const Margins*> candidates{&useless, &first, &second};
  const auto weights = blend_weights(target, all_rows(kRows), candidates, 3);
  EXPECT_EQ(weights[0], 0);
  EXPECT_NEAR(weights[1], 0.5, 0.1);
  EXPECT_NEAR(weights[1] + weights[2], 1, 1e-12);
  EXPECT_NEAR(target.mean_loss(all_rows(kRows), blended(candidates, weights)), 0.5, 0.05);
  const auto one = blend_weights(target, all_rows(kRows), candidates, 1);
  EXPECT_EQ(one[1] + one[2], 1);
  EXPECT_EQ(one[1] * one[2], 0);
}

}  // namespace
}  // namespace vitrine::train
