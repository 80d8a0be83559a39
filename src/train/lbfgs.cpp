#include "train/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <deque>

namespace vitrine::train {
namespace {

constexpr std::size_t kMemory = 10;
constexpr int kMostSteps = 300;

double dot(const LbfgsVector& a, const LbfgsVector& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// The last steps and changes of the gradient, the latest last.
struct History {
  struct Pair {
    LbfgsVector step;
    LbfgsVector change;
    double curvature;
  };
  std::deque<Pair> pairs;

  /// The estimated inverse Hessian times `gradient`, by the two-loop recursion.
  LbfgsVector direction(const LbfgsVector& gradient) const {
    LbfgsVector q = gradient;
    LbfgsVector alphas;
    for (auto pair = pairs.rbegin(); pair != pairs.rend(); ++pair) {
      const double alpha = dot(pair->step, q) / pair->curvature;
      alphas.push_back(alpha);
      for (std::size_t i = 0; i < q.size(); ++i) q[i] -= alpha * pair->change[i];
    }
    const double scale =
        pairs.empty() ? 1 / std::max(1.0, std::sqrt(dot(gradient, gradient)))
                      : pairs.back().curvature / dot(pairs.back().change, pairs.back().change);
    for (double& value : q) value *= scale;
    for (const Pair& pair : pairs) {
      const double beta = dot(pair.change, q) / pair.curvature;
      const double alpha = alphas.back();
      alphas.pop_back();
      for (std::size_t i = 0; i < q.size(); ++i) q[i] += (alpha - beta) * pair.step[i];
    }
    return q;
  }

  void add(const LbfgsVector& from, const LbfgsVector& to, const LbfgsValue& before,
           const LbfgsValue& after) {
    Pair pair{LbfgsVector(to.size()), LbfgsVector(to.size()), 0};
    for (std::size_t i = 0; i < to.size(); ++i) {
      pair.step[i] = to[i] - from[i];
      pair.change[i] = after.gradient[i] - before.gradient[i];
    }
    pair.curvature = dot(pair.step, pair.change);
    if (pair.curvature <= 1e-12 * dot(pair.change, pair.change)) return;
    pairs.push_back(std::move(pair));
    if (pairs.size() > kMemory) pairs.pop_front();
  }
};

}  // namespace

void minimise(const std::function<LbfgsValue(const LbfgsVector&)>& objective, double tolerance,
              LbfgsVector& w) {
  History history;
  LbfgsValue here = objective(w);
  for (int step = 0; step < kMostSteps; ++step) {
    if (std::sqrt(dot(here.gradient, here.gradient)) <= tolerance) return;
    const LbfgsVector direction = history.direction(here.gradient);
    const double slope = dot(direction, here.gradient);
    LbfgsVector next(w.size());
    LbfgsValue there;
    double length = 1;
    int halving = 0;
    for (; halving < 40; ++halving, length /= 2) {
      for (std::size_t i = 0; i < w.size(); ++i) next[i] = w[i] - length * direction[i];
      there = objective(next);
      if (there.loss <= here.loss - 1e-4 * length * slope) break;
    }
    if (halving == 40) return;  // no decrease within rounding errors
    history.add(w, next, here, there);
    w = std::move(next);
    here = std::move(there);
  }
}

}  // namespace vitrine::train
