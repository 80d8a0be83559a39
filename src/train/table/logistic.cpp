#include "train/table/logistic.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "base/error.h"
#include "base/parallel.h"
#include "data/table/split.h"
#include "train/table/cholesky.h"
#include "train/table/solver_module.h"

namespace vitrine::train {
namespace {

/// A fixed number of parts, so that sums are the same on every machine.
constexpr std::size_t kParts = 16;
// The smallest gain of a step, in the objective per row. Folds are only compared with each other,
// by losses that differ a thousand times as much.
constexpr double kGainTolerance = 1e-10;
constexpr double kFoldGainTolerance = 1e-8;
constexpr int kMostSteps = 100;

RowChoice choose(std::span<const std::uint8_t> fold, int left_out) {
  if (left_out == LogisticSolver::kAllRows) return {};
  return {fold, left_out};
}

/// The dot product of a row and the weights; the element after the features must be 0.
double margin_of(const Design& design, std::size_t row, const double* w, double bias) {
  const std::uint32_t* codes = design.codes_of(row);
  const float* numbers = design.numbers_of(row);
  double sum = bias;
  for (std::size_t i = 0; i < design.codes_per_row; ++i) sum += w[codes[i]];
  for (std::size_t i = 0; i < design.numbers_per_row; ++i) {
    sum += w[design.first_number + i] * static_cast<double>(numbers[i]);
  }
  return sum;
}

std::size_t count_rows(std::size_t rows, const RowChoice& choice) {
  std::size_t count = 0;
  for (std::size_t row = 0; row < rows; ++row) count += choice.holds(row);
  return count;
}

/// Weights with a separate bias, and 0 for the code "no feature".
struct Padded {
  explicit Padded(const Weights& weights) : values(weights), bias(weights.back()) {
    values.back() = 0;
  }
  std::vector<double> values;
  double bias;
};

struct LossAndGradient {
  double loss = 0;
  Weights gradient;
};

template <typename Body>
void for_each_row(std::size_t rows, std::size_t stride, std::size_t part, const RowChoice& choice,
                  const Body& body) {
  const std::size_t begin = rows * part / kParts;
  const std::size_t end = rows * (part + 1) / kParts;
  for (std::size_t row = begin; row < end; row += stride) {
    if (choice.holds(row)) body(row);
  }
}

/// The loss and its gradient over every `stride`-th chosen row.
LossAndGradient evaluate(const Design& design, std::span<const std::uint8_t> positive,
                         const RowChoice& choice, const Weights& weights, std::size_t stride) {
  const Padded w(weights);
  std::vector<LossAndGradient> parts(kParts);
  parallel_for(kParts, [&](std::size_t part) {
    Weights gradient(weights.size(), 0.0);
    double bias_gradient = 0;
    double loss = 0;
    double product = 1;  // ln a + ln b = ln ab: one logarithm for up to 64 rows
    int factors = 0;
    for_each_row(design.rows, stride, part, choice, [&](std::size_t row) {
      const double margin = margin_of(design, row, w.values.data(), w.bias);
      const bool yes = positive[row] != 0;
      const double e = std::exp(-std::min(std::abs(margin), 700.0));
      const double p = margin >= 0 ? 1 / (1 + e) : e / (1 + e);
      const double residual = p - (yes ? 1 : 0);
      // ln(1 + exp(-ym)) = ln(1 + e) + max(0, -ym)
      product *= 1 + e;
      if (++factors == 64) {
        loss += std::log(product);
        product = 1;
        factors = 0;
      }
      if (yes == (margin < 0)) loss += std::abs(margin);
      const std::uint32_t* codes = design.codes_of(row);
      const float* numbers = design.numbers_of(row);
      for (std::size_t i = 0; i < design.codes_per_row; ++i) gradient[codes[i]] += residual;
      for (std::size_t i = 0; i < design.numbers_per_row; ++i) {
        gradient[design.first_number + i] += residual * static_cast<double>(numbers[i]);
      }
      bias_gradient += residual;
    });
    gradient.back() = bias_gradient;  // overwrites the sum for "no feature"
    parts[part] = {loss + std::log(product), std::move(gradient)};
  });
  LossAndGradient total{0, Weights(weights.size(), 0.0)};
  for (const auto& part : parts) {
    total.loss += part.loss;
    for (std::size_t i = 0; i < weights.size(); ++i) total.gradient[i] += part.gradient[i];
  }
  return total;
}

/// The Hessian of the loss over every `stride`-th chosen row, lower triangle,
/// row-major, scaled by `stride`.
std::vector<double> hessian(const Design& design, const RowChoice& choice, const Weights& weights,
                            std::size_t stride) {
  const Padded w(weights);
  const std::size_t size = weights.size();
  const std::size_t bias = size - 1;
  // Each part has a matrix of its own, so that threads need not synchronise.
  std::vector<std::vector<double>> parts(kParts);
  parallel_for(kParts, [&](std::size_t part) {
    std::vector<double> sum((size + 1) * size, 0.0);
    std::vector<double> number_row(design.numbers_per_row);
    for_each_row(design.rows, stride, part, choice, [&](std::size_t row) {
      const double margin = margin_of(design, row, w.values.data(), w.bias);
      const double e = std::exp(-std::min(std::abs(margin), 700.0));
      const double s = e / ((1 + e) * (1 + e));
      const std::uint32_t* codes = design.codes_of(row);
      const float* numbers = design.numbers_of(row);
      // Codes increase along a row (blocks are in order), so [later][earlier] is the lower
      // triangle. "No feature" has the index of the bias and is handled separately.
      for (std::size_t i = 0; i < design.codes_per_row; ++i) {
        if (codes[i] == bias) continue;
        double* line = &sum[codes[i] * size];
        for (std::size_t j = 0; j <= i; ++j) line[codes[j]] += s;
        sum[bias * size + codes[i]] += s;
      }
      for (std::size_t i = 0; i < design.numbers_per_row; ++i) {
        const double scaled = s * static_cast<double>(numbers[i]);
        double* line = &sum[(design.first_number + i) * size];
        for (std::size_t j = 0; j < design.codes_per_row; ++j) line[codes[j]] += scaled;
        for (std::size_t j = 0; j <= i; ++j) {
          line[design.first_number + j] += scaled * static_cast<double>(numbers[j]);
        }
        sum[bias * size + design.first_number + i] += scaled;
      }
      sum[bias * size + bias] += s;
    });
    parts[part] = std::move(sum);
  });
  std::vector<double> total(size * size, 0.0);
  for (const auto& part : parts) {
    for (std::size_t i = 0; i < size * size; ++i) total[i] += part[i] * static_cast<double>(stride);
  }
  // Elements [k][bias] above the diagonal contain the sums for "no feature"; they are never read.
  return total;
}

/// Solves (matrix + I / c) x = b; `matrix` is the lower triangle.
Weights solve(std::vector<double> matrix, double c, Weights b) {
  for (std::size_t i = 0; i < b.size(); ++i) matrix[i * b.size() + i] += 1 / c;
  return solve_positive(std::move(matrix), std::move(b));
}

double dot(const Weights& a, const Weights& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

LossAndGradient regularised(LossAndGradient value, const Weights& weights, double c) {
  for (std::size_t i = 0; i < weights.size(); ++i) {
    value.gradient[i] += weights[i] / c;
    value.loss += weights[i] * weights[i] / (2 * c);
  }
  return value;
}

}  // namespace

LogisticSolver::LogisticSolver(const Design& design, std::span<const std::uint8_t> positive,
                               std::span<const std::uint8_t> fold)
    : design_(design), positive_(positive), fold_(fold) {}

/// Newton's method on loss + w'w / 2c. Progress is measured by the Newton decrement g'H^-1 g, twice
/// the expected gain of a step (Boyd and Vandenberghe 2004, 9.5), because the norm of the gradient
/// is not meaningful for badly conditioned problems. The Hessian is reused as long as each step
/// reduces the decrement to 30 %: computing a Hessian costs as much as several steps.
void LogisticSolver::descend(State& state, const RowChoice& rows, double c, std::size_t stride,
                             double gain) {
  const auto loss_at = [&](const Weights& at) {
    auto value = evaluate(design_, positive_, rows, at, stride);
    value.loss *= static_cast<double>(stride);
    for (double& entry : value.gradient) entry *= static_cast<double>(stride);
    return value;
  };
  LossAndGradient loss{state.loss, state.gradient};
  if (loss.gradient.empty()) loss = loss_at(state.weights);
  auto here = regularised(loss, state.weights, c);
  const double tolerance = gain * static_cast<double>(design_.rows);
  double last_decrement = std::numeric_limits<double>::infinity();
  for (int step = 0; step < kMostSteps; ++step) {
    bool fresh = state.hessian.empty();
    Weights direction;
    double decrement = 0;
    for (;; fresh = true) {
      if (fresh) state.hessian = hessian(design_, rows, state.weights, stride);
      direction = solve(state.hessian, c, here.gradient);
      decrement = dot(here.gradient, direction);
      if (fresh || decrement <= 0.3 * last_decrement || decrement <= tolerance) break;
    }
    if (decrement <= tolerance) break;
    last_decrement = decrement;
    Weights next(direction.size());
    LossAndGradient next_loss;
    LossAndGradient there;
    double length = 1;
    bool better = false;
    for (int halving = 0; halving < 30 && !better; ++halving, length /= 2) {
      for (std::size_t i = 0; i < next.size(); ++i) {
        next[i] = state.weights[i] - length * direction[i];
      }
      next_loss = loss_at(next);
      there = regularised(next_loss, next, c);
      better = there.loss <= here.loss * (1 + 1e-12);
    }
    if (better) {
      state.weights = std::move(next);
      loss = std::move(next_loss);
      here = std::move(there);
    } else if (fresh) {
      break;  // no decrease within rounding errors
    } else {
      state.hessian.clear();
    }
  }
  state.loss = loss.loss;
  state.gradient = std::move(loss.gradient);
}

LogisticSolver::State LogisticSolver::first_guess(int left_out) {
  const RowChoice choice = choose(fold_, left_out);
  const auto rows = static_cast<double>(count_rows(design_.rows, choice));
  // Start from the solution and Hessian of another fold, whose optimum is nearly the same.
  if (!states_.empty()) {
    const State& neighbour = states_.front().second;
    State state{neighbour.weights, neighbour.hessian, rows, 0, {}};
    for (double& entry : state.hessian) entry *= rows / neighbour.rows;
    return state;
  }
  State state{Weights(design_.features + 1, 0.0), {}, rows, 0, {}};
  constexpr std::size_t kSample = 50000;
  if (design_.rows > 4 * kSample) {
    descend(state, choice, 1.0, design_.rows / kSample, kFoldGainTolerance);
    state.hessian.clear();
    state.gradient.clear();
  }
  return state;
}

Weights LogisticSolver::fit(double c, int left_out) {
  if (design_.features > kNewtonFeatures) {
    return fit_liblinear(design_, positive_, choose(fold_, left_out), c);
  }
  return fit_newton(c, left_out);
}

std::vector<Weights> LogisticSolver::fit_folds(double c, std::size_t folds) {
  std::vector<Weights> weights(folds);
  const auto fit_one = [&](std::size_t fold) { weights[fold] = fit(c, static_cast<int>(fold)); };
  if (design_.features > kNewtonFeatures) {
    parallel_for(folds, fit_one);  // LIBLINEAR uses one core
  } else {
    for (std::size_t fold = 0; fold < folds; ++fold) fit_one(fold);
  }
  return weights;
}

Weights LogisticSolver::fit_newton(double c, int left_out) {
  auto found = std::ranges::find(states_, left_out, &std::pair<int, State>::first);
  if (found == states_.end()) {
    states_.emplace_back(left_out, first_guess(left_out));
    found = std::prev(states_.end());
  }
  State& state = found->second;
  descend(state, choose(fold_, left_out), c, 1,
          left_out >= 0 ? kFoldGainTolerance : kGainTolerance);
  return state.weights;
}

Weights fit_liblinear(const Design& design, std::span<const std::uint8_t> positive,
                      const RowChoice& rows, double c, double tolerance) {
  return solver_entry_points().fit_liblinear(design, positive, rows, c, tolerance);
}

FloatWeights::FloatWeights(const Weights& weights)
    : features(weights.begin(), weights.end() - 1), bias(static_cast<float>(weights.back())) {}

std::vector<double> margins(const Design& design, const std::vector<FloatWeights>& by_fold,
                            std::span<const std::uint8_t> fold) {
  std::vector<std::vector<double>> padded;
  for (const FloatWeights& weights : by_fold) {
    padded.emplace_back(weights.features.begin(), weights.features.end()).push_back(0);
  }
  std::vector<double> out(design.rows);
  constexpr std::size_t kBlock = 16384;
  parallel_for((design.rows + kBlock - 1) / kBlock, [&](std::size_t block) {
    const std::size_t end = std::min((block + 1) * kBlock, design.rows);
    for (std::size_t row = block * kBlock; row < end; ++row) {
      const std::size_t which = fold.empty() ? 0 : fold[row];
      if (which >= by_fold.size()) continue;
      out[row] =
          margin_of(design, row, padded[which].data(), static_cast<double>(by_fold[which].bias));
    }
  });
  return out;
}

}  // namespace vitrine::train
