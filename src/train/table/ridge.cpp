#include "train/table/ridge.h"

#include <algorithm>
#include <cmath>

#include "base/parallel.h"

namespace vitrine::train {
namespace {

constexpr std::size_t kParts = 16;  // fixed, so that sums are the same on every machine

/// The normal equations (X'X + penalty) w = X't of some rows. The last two features are "no
/// feature" (always 0) and the bias.
class Equations {
 public:
  Equations(const Design& design, std::span<const double> targets, const RowChoice& rows,
            double penalty)
      : design_(design), targets_(targets), rows_(rows), penalty_(penalty) {}

  std::size_t size() const { return design_.features + 2; }

  /// (X'X + penalty) w.
  Weights times(const Weights& w) const {
    Weights out = summed([&](std::size_t row, Weights& sum) {
      double margin = 0;
      design_.for_each_feature(row,
                               [&](std::size_t feature, double x) { margin += x * w[feature]; });
      design_.for_each_feature(row,
                               [&](std::size_t feature, double x) { sum[feature] += x * margin; });
    });
    for (std::size_t i = 0; i < design_.features; ++i) out[i] += penalty_ * w[i];
    out[design_.features] = w[design_.features];
    return out;
  }

  Weights right_side() const {
    Weights out = summed([&](std::size_t row, Weights& sum) {
      design_.for_each_feature(
          row, [&](std::size_t feature, double x) { sum[feature] += x * targets_[row]; });
    });
    out[design_.features] = 0;
    return out;
  }

  Weights diagonal() const {
    Weights out = summed([&](std::size_t row, Weights& sum) {
      design_.for_each_feature(row, [&](std::size_t feature, double x) { sum[feature] += x * x; });
    });
    for (std::size_t i = 0; i < design_.features; ++i) out[i] += penalty_;
    out[design_.features] = 1;
    for (double& one : out) one = one > 0 ? one : 1;
    return out;
  }

 private:
  template <typename Add>
  Weights summed(const Add& add) const {
    std::vector<Weights> parts(kParts, Weights(size(), 0.0));
    parallel_for(kParts, [&](std::size_t part) {
      const std::size_t end = design_.rows * (part + 1) / kParts;
      for (std::size_t row = design_.rows * part / kParts; row < end; ++row) {
        if (rows_.holds(row)) add(row, parts[part]);
      }
    });
    for (std::size_t part = 1; part < kParts; ++part) {
      for (std::size_t i = 0; i < size(); ++i) parts[0][i] += parts[part][i];
    }
    return std::move(parts[0]);
  }

  const Design& design_;
  std::span<const double> targets_;
  RowChoice rows_;
  double penalty_;
};

double dot(const Weights& a, const Weights& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

Weights quotients(const Weights& a, const Weights& b) {
  Weights out(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) out[i] = a[i] / b[i];
  return out;
}

}  // namespace

Weights fit_ridge(const Design& design, std::span<const double> targets, const RowChoice& rows,
                  double penalty) {
  constexpr int kMostSteps = 500;
  constexpr double kTolerance = 1e-9;
  const Equations equations(design, targets, rows, penalty);
  const Weights diagonal = equations.diagonal();
  Weights w(equations.size(), 0.0);
  Weights residual = equations.right_side();
  Weights scaled = quotients(residual, diagonal);
  Weights direction = scaled;
  double size = dot(residual, scaled);
  const double enough = size * kTolerance * kTolerance;
  for (int step = 0; step < kMostSteps && size > enough; ++step) {
    const Weights moved = equations.times(direction);
    const double along = dot(direction, moved);
    if (!(along > 0)) break;
    const double length = size / along;
    for (std::size_t i = 0; i < w.size(); ++i) {
      w[i] += length * direction[i];
      residual[i] -= length * moved[i];
    }
    scaled = quotients(residual, diagonal);
    const double next = dot(residual, scaled);
    for (std::size_t i = 0; i < w.size(); ++i) {
      direction[i] = scaled[i] + next / size * direction[i];
    }
    size = next;
  }
  w.erase(w.begin() + static_cast<std::ptrdiff_t>(design.features));  // "no feature"
  return w;
}

}  // namespace vitrine::train
