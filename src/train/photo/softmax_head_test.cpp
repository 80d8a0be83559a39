#include "train/photo/softmax_head.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace vitrine::train {
namespace {

struct Data {
  std::vector<float> features;
  std::vector<int> labels;
};

/// Columns of mean 0 and standard deviation 1, so that the solver's scaling changes nothing.
Data standardised(std::size_t rows, std::size_t dimensions, std::size_t classes) {
  Random random(3);
  Data data;
  for (std::size_t i = 0; i < rows; ++i) {
    data.labels.push_back(static_cast<int>(random.below(classes)));
    for (std::size_t f = 0; f < dimensions; ++f) {
      data.features.push_back(static_cast<float>(
          random.normal() + (f % classes == static_cast<std::size_t>(data.labels[i]) ? 1.5 : 0)));
    }
  }
  for (std::size_t f = 0; f < dimensions; ++f) {
    double sum = 0;
    double squares = 0;
    for (std::size_t i = 0; i < rows; ++i) sum += data.features[i * dimensions + f];
    const double mean = sum / static_cast<double>(rows);
    for (std::size_t i = 0; i < rows; ++i)
      squares += std::pow(data.features[i * dimensions + f] - mean, 2);
    const double deviation = std::sqrt(squares / static_cast<double>(rows));
    for (std::size_t i = 0; i < rows; ++i) {
      float& x = data.features[i * dimensions + f];
      x = static_cast<float>((x - mean) / deviation);
    }
  }
  return data;
}

double objective(const model::SoftmaxHead& head, const Data& data, double lambda) {
  const auto logits = head_logits(head, data.features);
  double loss = 0;
  for (std::size_t i = 0; i < data.labels.size(); ++i) {
    double total = 0;
    for (std::size_t k = 0; k < head.classes; ++k) total += std::exp(logits[i * head.classes + k]);
    loss += std::log(total) - logits[i * head.classes + data.labels[i]];
  }
  loss /= static_cast<double>(data.labels.size());
  for (const float w : head.weights) loss += lambda / 2 * w * w;
  return loss;
}

TEST(SoftmaxHead, FindsTheMinimumForAnyNumberOfClasses) {
  for (const std::size_t classes : {2, 3, 16, 19}) {
    const Data data = standardised(203, 7, classes);
    HeadSolver solver({data.features, data.labels, 7, classes});
    solver.fit(1);
    const model::SoftmaxHead head = solver.fit(0.05);
    const double least = objective(head, data, 0.05);
    Random random(1);
    for (int trial = 0; trial < 30; ++trial) {
      model::SoftmaxHead other = head;
      for (float& w : other.weights) w += static_cast<float>(0.02 * random.normal());
      for (float& b : other.bias) b += static_cast<float>(0.02 * random.normal());
      EXPECT_GT(objective(other, data, 0.05), least) << classes;
    }
  }
}

TEST(SoftmaxHead, ScalingIsFoldedIntoTheWeights) {
  Data data = standardised(100, 5, 3);
  HeadSolver plain({data.features, data.labels, 5, 3});
  const auto expected = head_logits(plain.fit(0.1), data.features);
  for (std::size_t i = 0; i < data.features.size(); ++i)
    data.features[i] = data.features[i] * 40 + 7;
  HeadSolver moved({data.features, data.labels, 5, 3});
  const auto logits = head_logits(moved.fit(0.1), data.features);
  for (std::size_t i = 0; i < logits.size(); ++i) EXPECT_NEAR(logits[i], expected[i], 0.02);
}

TEST(SoftmaxHead, TemperatureCorrectsOverconfidence) {
  Random random(5);
  std::vector<float> logits;
  std::vector<int> labels;
  for (int i = 0; i < 4000; ++i) {
    const double margin = random.normal();
    labels.push_back(random.bernoulli(1 / (1 + std::exp(-margin))) ? 1 : 0);
    logits.push_back(0);
    logits.push_back(static_cast<float>(3 * margin));  // logits three times too large
  }
  EXPECT_NEAR(fit_temperature(logits, labels, 2), 3, 0.3);
}

}  // namespace
}  // namespace vitrine::train
