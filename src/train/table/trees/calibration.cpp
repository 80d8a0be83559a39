#include "train/table/trees/calibration.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/parallel.h"
#include "base/portable_math.h"
#include "train/table/cholesky.h"

namespace vitrine::train {
namespace {

/// The loss of a logistic calibration and its derivatives by scale and offsets, in this order.
struct Derivatives {
  double loss = 0;
  std::vector<double> first;
  std::vector<double> second;  ///< the lower triangle
};

class LogisticCalibration {
 public:
  LogisticCalibration(const TreeTarget& target, std::span<const std::uint32_t> rows,
                      const Margins& margins)
      : target_(target),
        rows_(rows),
        margins_(margins),
        doubt_(std::max<std::size_t>(2, target.classes), 2.0) {
    for (const std::size_t row : rows) ++doubt_[label(row)];
    for (double& one : doubt_) one = 1 / one;
  }

  Calibration fit() const {
    constexpr int kMostSteps = 30;
    constexpr double kEnough = 1e-9;
    std::vector<double> x(margins_.size() + 1, 0.0);
    x[0] = 1;
    Derivatives here = at(x);
    for (int step = 0; step < kMostSteps; ++step) {
      std::vector<double> matrix = here.second;
      // Equal offsets of all classes change nothing: without this, the matrix is singular.
      for (std::size_t i = 0; i < x.size(); ++i) {
        matrix[i * x.size() + i] += 1e-6 * static_cast<double>(rows_.size());
      }
      const std::vector<double> direction = solve_positive(std::move(matrix), here.first);
      double length = 1;
      std::vector<double> next_x;
      Derivatives next;
      for (; length > 1e-4; length /= 2) {
        next_x = x;
        for (std::size_t i = 0; i < x.size(); ++i) next_x[i] -= length * direction[i];
        next = at(next_x);
        if (next.loss < here.loss) break;
      }
      const double gain = here.loss - next.loss;
      if (!(gain > 0)) break;
      x = std::move(next_x);
      here = std::move(next);
      if (gain < kEnough * static_cast<double>(rows_.size())) break;
    }
    if (x[0] < 0) return {.scale = 0, .offsets = base_offsets()};
    return {.scale = x[0], .offsets = {x.begin() + 1, x.end()}};
  }

 private:
  std::vector<double> base_offsets() const {
    const std::vector<float> base = target_.base(rows_);
    return {base.begin(), base.end()};
  }
  std::size_t label(std::size_t row) const { return static_cast<std::size_t>(target_.labels[row]); }

  Derivatives at(const std::vector<double>& x) const {
    Derivatives sum{.loss = 0,
                    .first = std::vector<double>(x.size(), 0.0),
                    .second = std::vector<double>(x.size() * x.size(), 0.0)};
    std::vector<double> p(margins_.size());
    for (const std::size_t row : rows_) {
      if (p.size() == 1) {
        add_binary(row, x, sum);
      } else {
        add_multiclass(row, x, p, sum);
      }
    }
    return sum;
  }

  void add_binary(std::size_t row, const std::vector<double>& x, Derivatives& sum) const {
    const auto margin = static_cast<double>(margins_[0][row]);
    const double z = x[0] * margin + x[1];
    const double p = 1 / (1 + portable_exp(-z));
    const double truth = label(row) == 1 ? 1 - doubt_[1] : doubt_[0];
    sum.loss += portable_log(1 + portable_exp(-std::abs(z))) + std::max(0.0, z) - truth * z;
    const double curve = p * (1 - p);
    sum.first[0] += (p - truth) * margin;
    sum.first[1] += p - truth;
    sum.second[0] += curve * margin * margin;
    sum.second[2] += curve * margin;
    sum.second[3] += curve;
  }

  void add_multiclass(std::size_t row, const std::vector<double>& x, std::vector<double>& p,
                      Derivatives& sum) const {
    const std::size_t size = x.size();
    double most = -std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < p.size(); ++k) {
      p[k] = x[0] * static_cast<double>(margins_[k][row]) + x[k + 1];
      most = std::max(most, p[k]);
    }
    double total = 0;
    double mean_z = 0;
    const double doubt = doubt_[label(row)];
    const double other = doubt / static_cast<double>(p.size() - 1);
    for (std::size_t k = 0; k < p.size(); ++k) {
      mean_z += (k == label(row) ? 1 - doubt : other) * (p[k] - most);
      total += p[k] = portable_exp(p[k] - most);
    }
    sum.loss += portable_log(total) - mean_z;
    double mean = 0;
    double mean_square = 0;
    for (std::size_t k = 0; k < p.size(); ++k) {
      p[k] /= total;
      const auto margin = static_cast<double>(margins_[k][row]);
      mean += p[k] * margin;
      mean_square += p[k] * margin * margin;
    }
    sum.second[0] += mean_square - mean * mean;
    for (std::size_t k = 0; k < p.size(); ++k) {
      const auto margin = static_cast<double>(margins_[k][row]);
      const double error = p[k] - (k == label(row) ? 1 - doubt : other);
      sum.first[0] += error * margin;
      sum.first[k + 1] += error;
      double* const line = &sum.second[(k + 1) * size];
      line[0] += p[k] * (margin - mean);
      for (std::size_t j = 0; j < k; ++j) line[j + 1] -= p[k] * p[j];
      line[k + 1] += p[k] * (1 - p[k]);
    }
  }

  const TreeTarget& target_;
  std::span<const std::uint32_t> rows_;
  const Margins& margins_;
  std::vector<double> doubt_;  ///< [class]: what is left of 1 for the other classes
};

Calibration least_squares(const TreeTarget& target, std::span<const std::uint32_t> rows,
                          const std::vector<float>& margins) {
  double n = 0, x = 0, y = 0, xx = 0, xy = 0;
  for (const std::size_t row : rows) {
    const auto margin = static_cast<double>(margins[row]);
    const auto number = static_cast<double>(target.numbers[row]);
    n += 1;
    x += margin;
    y += number;
    xx += margin * margin;
    xy += margin * number;
  }
  // Margins that hardly differ are means of training rows: they are high where the held-out rows
  // are low.
  const double variance = n * xx - x * x;
  const double scale = variance > 1e-9 * n * xx ? std::max(0.0, (n * xy - x * y) / variance) : 0;
  return {.scale = scale, .offsets = {n > 0 ? (y - scale * x) / n : 0}};
}

/// Rows alone, in place of a table: a blend of a sample needs no more.
struct SomeRows {
  TreeTarget target;
  std::vector<int> labels;
  std::vector<float> numbers;
  std::vector<std::uint32_t> rows;  ///< 0, 1, ...
  std::vector<Margins> candidates;

  SomeRows(const TreeTarget& of_table, std::span<const std::uint32_t> from,
           std::span<const Margins* const> margins)
      : target(of_table) {
    for (const std::size_t row : from) {
      rows.push_back(static_cast<std::uint32_t>(rows.size()));
      if (target.classes > 0) labels.push_back(of_table.labels[row]);
      if (target.classes == 0) numbers.push_back(of_table.numbers[row]);
    }
    target.labels = labels;
    target.numbers = numbers;
    for (const Margins* const one : margins) {
      Margins& some = candidates.emplace_back(one->size());
      for (std::size_t k = 0; k < some.size(); ++k) {
        for (const std::size_t row : from) some[k].push_back((*one)[k][row]);
      }
    }
  }
  SomeRows(const SomeRows&) = delete;
  SomeRows& operator=(const SomeRows&) = delete;
};

}  // namespace

Calibration calibrate(const TreeTarget& target, std::span<const std::uint32_t> rows,
                      const Margins& margins) {
  if (target.classes == 0) return least_squares(target, rows, margins[0]);
  return LogisticCalibration(target, rows, margins).fit();
}

void apply(const Calibration& calibration, std::span<const std::uint32_t> rows, Margins& margins) {
  for (std::size_t k = 0; k < margins.size(); ++k) {
    for (const std::size_t row : rows) {
      margins[k][row] = static_cast<float>(
          static_cast<double>(margins[k][row]) * calibration.scale + calibration.offsets[k]);
    }
  }
}

Margins blended(std::span<const Margins* const> candidates, std::span<const double> weights) {
  Margins out(candidates[0]->size(), std::vector<float>((*candidates[0])[0].size()));
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (weights[i] == 0) continue;
    const auto weight = static_cast<float>(weights[i]);
    for (std::size_t k = 0; k < out.size(); ++k) {
      const std::vector<float>& from = (*candidates[i])[k];
      for (std::size_t row = 0; row < from.size(); ++row) out[k][row] += weight * from[row];
    }
  }
  return out;
}

std::vector<double> blend_weights(const TreeTarget& target, std::span<const std::uint32_t> rows,
                                  std::span<const Margins* const> candidates, std::size_t most) {
  constexpr int kMostSteps = 15;
  constexpr double kLeastGain = 1e-4;  // of the loss
  const SomeRows some(target, rows, candidates);
  std::vector<const Margins*> margins;
  for (const Margins& one : some.candidates) margins.push_back(&one);
  std::vector<double> counts(candidates.size(), 0.0);
  double loss = std::numeric_limits<double>::infinity();
  for (int step = 0; step < kMostSteps; ++step) {
    std::vector<double> losses(candidates.size(), std::numeric_limits<double>::infinity());
    const auto used = static_cast<std::size_t>(
        std::ranges::count_if(counts, [](double count) { return count > 0; }));
    parallel_for(candidates.size(), [&](std::size_t i) {
      if (counts[i] == 0 && used >= most) return;
      std::vector<double> weights = counts;
      ++weights[i];
      for (double& weight : weights) weight /= step + 1;
      losses[i] = some.target.mean_loss(some.rows, blended(margins, weights));
    });
    const auto best = std::ranges::min_element(losses);
    if (!(*best < loss - kLeastGain * std::abs(loss)) && step > 0) break;
    loss = *best;
    ++counts[static_cast<std::size_t>(best - losses.begin())];
  }
  double total = 0;
  for (const double count : counts) total += count;
  for (double& count : counts) count /= total;
  return counts;
}

}  // namespace vitrine::train
