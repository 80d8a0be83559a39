#include "train/photo/softmax_head.h"

#include <algorithm>
#include <cmath>

#include "base/clones.h"
#include "base/parallel.h"
#include "metrics/classification.h"
#include "train/lbfgs.h"

namespace vitrine::train {
namespace {

constexpr std::size_t kLanes = 16;
constexpr std::size_t kRows = 8;
constexpr std::size_t kParts = 16;  // fixed, so that sums are the same on every machine
constexpr double kTolerance = 1e-3;

/// For kRows rows and one block of 16 classes: out[row][k] += sum over features of
/// x[row][f] * w[f][k]. Several rows at a time, so that each weight is read once for all of them.
VITRINE_CLONES void add_products(const float* x, std::size_t features, const float* w,
                                 std::size_t stride, float* out) {
  float sums[kRows][kLanes] = {};
  for (std::size_t f = 0; f < features; ++f) {
    const float* row = w + f * stride;
    for (std::size_t r = 0; r < kRows; ++r) {
      const float value = x[r * features + f];
      for (std::size_t k = 0; k < kLanes; ++k) sums[r][k] += value * row[k];
    }
  }
  for (std::size_t r = 0; r < kRows; ++r) {
    for (std::size_t k = 0; k < kLanes; ++k) out[r * stride + k] += sums[r][k];
  }
}

/// gradient[f][k] += sum over kRows rows of x[row][f] * error[row][k].
VITRINE_CLONES void add_outer(const float* x, std::size_t features, const float* error,
                              std::size_t stride, float* gradient) {
  float e[kRows][kLanes];
  for (std::size_t r = 0; r < kRows; ++r) std::copy_n(error + r * stride, kLanes, e[r]);
  for (std::size_t f = 0; f < features; ++f) {
    float sum[kLanes];
    std::copy_n(gradient + f * stride, kLanes, sum);
    for (std::size_t r = 0; r < kRows; ++r) {
      const float value = x[r * features + f];
      for (std::size_t k = 0; k < kLanes; ++k) sum[k] += value * e[r][k];
    }
    std::copy_n(sum, kLanes, gradient + f * stride);
  }
}

/// Turns logits into probabilities; returns -ln p(label).
double softmax_in_place(float* logits, std::size_t classes, int label) {
  const float largest = *std::max_element(logits, logits + classes);
  const double truth = logits[label] - largest;
  double total = 0;
  for (std::size_t k = 0; k < classes; ++k) total += logits[k] = std::exp(logits[k] - largest);
  for (std::size_t k = 0; k < classes; ++k) logits[k] /= static_cast<float>(total);
  return std::log(total) - truth;
}

}  // namespace

HeadSolver::HeadSolver(const HeadRows& rows)
    : rows_(rows),
      padded_((rows.classes + kLanes - 1) / kLanes * kLanes),
      scaled_(rows.features.begin(), rows.features.end()),
      mean_(rows.dimensions),
      scale_(rows.dimensions),
      solution_((rows.dimensions + 1) * padded_, 0.0) {
  const std::size_t count = rows.labels.size();
  std::vector<double> sum(rows.dimensions, 0.0);
  std::vector<double> squares(rows.dimensions, 0.0);
  for (std::size_t i = 0; i < scaled_.size(); ++i) sum[i % rows.dimensions] += scaled_[i];
  for (std::size_t f = 0; f < rows.dimensions; ++f) {
    mean_[f] = static_cast<float>(sum[f] / static_cast<double>(count));
  }
  for (std::size_t i = 0; i < scaled_.size(); ++i) {
    const double away = scaled_[i] - mean_[i % rows.dimensions];
    squares[i % rows.dimensions] += away * away;
  }
  for (std::size_t f = 0; f < rows.dimensions; ++f) {
    const double deviation = std::sqrt(squares[f] / static_cast<double>(count));
    scale_[f] = deviation > 1e-6 + 1e-4 * std::abs(static_cast<double>(mean_[f]))
                    ? static_cast<float>(1 / deviation)
                    : 0;
  }
  for (std::size_t i = 0; i < scaled_.size(); ++i) {
    const std::size_t f = i % rows.dimensions;
    scaled_[i] = (scaled_[i] - mean_[f]) * scale_[f];
  }
  scaled_.resize((count + kRows - 1) / kRows * kRows * rows.dimensions, 0);
}

model::SoftmaxHead HeadSolver::fit(double lambda) {
  const std::size_t features = rows_.dimensions;
  const std::size_t count = rows_.labels.size();
  const std::size_t size = solution_.size();
  const std::size_t blocks = (count + kRows - 1) / kRows;
  const auto objective = [&](const LbfgsVector& at) {
    const std::vector<float> w(at.begin(), at.end());
    std::vector<std::vector<float>> gradients(kParts);
    std::vector<double> losses(kParts, 0.0);
    parallel_for(kParts, [&](std::size_t part) {
      auto& gradient = gradients[part];
      gradient.assign(size, 0);
      std::vector<float> p(kRows * padded_);
      const std::size_t end = blocks * (part + 1) / kParts * kRows;
      for (std::size_t row = blocks * part / kParts * kRows; row < end; row += kRows) {
        const float* x = &scaled_[row * features];
        for (std::size_t r = 0; r < kRows; ++r) {
          std::copy_n(&w[features * padded_], padded_, &p[r * padded_]);
        }
        for (std::size_t k = 0; k < padded_; k += kLanes) {
          add_products(x, features, &w[k], padded_, &p[k]);
        }
        for (std::size_t r = 0; r < kRows; ++r) {
          float* error = &p[r * padded_];
          if (row + r >= count) {  // padding of the last block
            std::fill_n(error, padded_, 0.0F);
            continue;
          }
          const int label = rows_.labels[row + r];
          losses[part] += softmax_in_place(error, rows_.classes, label);
          std::fill_n(error + rows_.classes, padded_ - rows_.classes, 0.0F);
          error[label] -= 1;
          for (std::size_t k = 0; k < padded_; ++k) gradient[features * padded_ + k] += error[k];
        }
        for (std::size_t k = 0; k < padded_; k += kLanes) {
          add_outer(x, features, &p[k], padded_, &gradient[k]);
        }
      }
    });
    LbfgsValue value{0, LbfgsVector(size, 0.0)};
    for (std::size_t part = 0; part < kParts; ++part) {
      value.loss += losses[part];
      for (std::size_t i = 0; i < size; ++i) value.gradient[i] += gradients[part][i];
    }
    value.loss /= static_cast<double>(count);
    for (std::size_t i = 0; i < size; ++i) {
      value.gradient[i] /= static_cast<double>(count);
      if (i >= features * padded_) continue;
      value.loss += lambda / 2 * at[i] * at[i];
      value.gradient[i] += lambda * at[i];
    }
    return value;
  };
  minimise(objective, kTolerance, solution_);

  model::SoftmaxHead head{features, rows_.classes, {}, {}};
  head.weights.resize(features * rows_.classes);
  for (std::size_t k = 0; k < rows_.classes; ++k) {
    double bias = solution_[features * padded_ + k];
    for (std::size_t f = 0; f < features; ++f) {
      const double weight = solution_[f * padded_ + k] * scale_[f];
      head.weights[f * rows_.classes + k] = static_cast<float>(weight);
      bias -= weight * mean_[f];
    }
    head.bias.push_back(static_cast<float>(bias));
  }
  return head;
}

std::vector<float> head_logits(const model::SoftmaxHead& head, std::span<const float> features) {
  const std::size_t count = features.size() / head.features;
  std::vector<float> logits(count * head.classes);
  parallel_for(count, [&](std::size_t row) {
    std::vector<double> sums(head.bias.begin(), head.bias.end());
    for (std::size_t f = 0; f < head.features; ++f) {
      const double x = features[row * head.features + f];
      for (std::size_t k = 0; k < head.classes; ++k) {
        sums[k] += x * head.weights[f * head.classes + k];
      }
    }
    std::ranges::copy(sums, logits.begin() + static_cast<std::ptrdiff_t>(row * head.classes));
  });
  return logits;
}

std::vector<float> softmax_rows(std::span<const float> logits, std::size_t classes,
                                double temperature) {
  std::vector<float> p(logits.begin(), logits.end());
  for (float& one : p) one = static_cast<float>(one / temperature);
  for (std::size_t at = 0; at < p.size(); at += classes) softmax_in_place(&p[at], classes, 0);
  return p;
}

double fit_temperature(std::span<const float> logits, std::span<const int> labels,
                       std::size_t classes, std::size_t repetitions) {
  constexpr double kDeviation = 0.3;
  const std::size_t size = labels.size() * classes;
  const auto known =
      static_cast<double>(std::ranges::count_if(labels, [](int label) { return label >= 0; }));
  const auto loss = [&](double logarithm) {
    double sum = 0;
    for (std::size_t i = 0; i < repetitions; ++i) {
      sum += metrics::log_loss(
          softmax_rows(logits.subspan(i * size, size), classes, std::exp(logarithm)), labels,
          classes);
    }
    const double prior = logarithm * logarithm / (2 * kDeviation * kDeviation);
    return sum / static_cast<double>(repetitions) + prior / std::max(1.0, known);
  };
  double low = std::log(0.2);
  double high = std::log(5.0);
  const double golden = (std::sqrt(5.0) - 1) / 2;
  for (int step = 0; step < 24; ++step) {
    const double a = high - golden * (high - low);
    const double b = low + golden * (high - low);
    (loss(a) < loss(b) ? high : low) = loss(a) < loss(b) ? b : a;
  }
  return std::exp((low + high) / 2);
}

}  // namespace vitrine::train
