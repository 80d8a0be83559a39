#include "train/softmax.h"

#include <algorithm>
#include <cmath>
#include <deque>

#include "base/parallel.h"

namespace vitrine {
namespace {

using Vector = std::vector<double>;

constexpr std::size_t kParts = 16;  // the same on every machine
constexpr std::size_t kMemory = 10;
constexpr int kMostSteps = 300;
constexpr double kGradientTolerance = 1e-6;

double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

struct Value {
  double loss = 0;
  Vector gradient;
};

/// The objective on one choice of rows. Weights stand feature after feature, a
/// number a class; the last feature but one is "no feature" (always 0), the last
/// the bias.
class Objective {
 public:
  Objective(const Design& design, std::span<const int> labels, std::size_t classes,
            const RowChoice& rows, double c)
      : design_(design), labels_(labels), classes_(classes), rows_(rows), c_(c) {}

  std::size_t size() const { return (design_.features + 2) * classes_; }

  Value operator()(const Vector& w) const {
    std::vector<Value> parts(kParts);
    parallel_for(kParts, [&](std::size_t part) { parts[part] = sum_part(w, part); });
    Value total{0, Vector(size(), 0.0)};
    for (const Value& part : parts) {
      total.loss += part.loss;
      for (std::size_t i = 0; i < total.gradient.size(); ++i) total.gradient[i] += part.gradient[i];
    }
    std::fill_n(total.gradient.begin() + static_cast<std::ptrdiff_t>(design_.features * classes_),
                classes_, 0.0);
    for (std::size_t i = 0; i < w.size(); ++i) {
      total.loss += w[i] * w[i] / (2 * c_);
      total.gradient[i] += w[i] / c_;
    }
    return total;
  }

 private:
  Value sum_part(const Vector& w, std::size_t part) const {
    Value sum{0, Vector(size(), 0.0)};
    Vector p(classes_);
    const std::size_t end = design_.rows * (part + 1) / kParts;
    for (std::size_t row = design_.rows * part / kParts; row < end; ++row) {
      if (!rows_.holds(row)) continue;
      add_row(w, row, p, sum);
    }
    return sum;
  }

  /// Calls `body(feature, value)` for each feature of a row that is not 0.
  template <typename Body>
  void for_each_feature(std::size_t row, const Body& body) const {
    const std::uint32_t* codes = design_.codes_of(row);
    const float* numbers = design_.numbers_of(row);
    for (std::size_t i = 0; i < design_.codes_per_row; ++i) body(codes[i], 1.0);
    for (std::size_t i = 0; i < design_.numbers_per_row; ++i) {
      body(design_.first_number + i, static_cast<double>(numbers[i]));
    }
    body(design_.features + 1, 1.0);
  }

  void add_row(const Vector& w, std::size_t row, Vector& p, Value& sum) const {
    std::ranges::fill(p, 0.0);
    for_each_feature(row, [&](std::size_t feature, double value) {
      const double* weights = &w[feature * classes_];
      for (std::size_t k = 0; k < classes_; ++k) p[k] += value * weights[k];
    });
    const auto truth = static_cast<std::size_t>(labels_[row]);
    const double largest = *std::ranges::max_element(p);
    const double margin = p[truth] - largest;
    double total = 0;
    for (double& one : p) total += one = std::exp(one - largest);
    sum.loss += std::log(total) - margin;
    for (double& one : p) one /= total;
    p[truth] -= 1;
    for_each_feature(row, [&](std::size_t feature, double value) {
      double* gradient = &sum.gradient[feature * classes_];
      for (std::size_t k = 0; k < classes_; ++k) gradient[k] += value * p[k];
    });
  }

  const Design& design_;
  std::span<const int> labels_;
  std::size_t classes_;
  RowChoice rows_;
  double c_;
};

/// Steps and changes of the gradient, the latest last.
struct History {
  struct Pair {
    Vector step;
    Vector change;
    double curvature;
  };
  std::deque<Pair> pairs;

  /// The inverse Hessian's estimate times `gradient`, by two loops.
  Vector direction(const Vector& gradient) const {
    Vector q = gradient;
    Vector alphas;
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

  void add(const Vector& from, const Vector& to, const Value& before, const Value& after) {
    Pair pair{Vector(to.size()), Vector(to.size()), 0};
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

void minimise(const Objective& objective, double tolerance, Vector& w) {
  History history;
  Value here = objective(w);
  for (int step = 0; step < kMostSteps; ++step) {
    if (std::sqrt(dot(here.gradient, here.gradient)) <= tolerance) return;
    const Vector direction = history.direction(here.gradient);
    const double slope = dot(direction, here.gradient);
    Vector next(w.size());
    Value there;
    double length = 1;
    int halving = 0;
    for (; halving < 40; ++halving, length /= 2) {
      for (std::size_t i = 0; i < w.size(); ++i) next[i] = w[i] - length * direction[i];
      there = objective(next);
      if (there.loss <= here.loss - 1e-4 * length * slope) break;
    }
    if (halving == 40) return;  // rounding is all that is left
    history.add(w, next, here, there);
    w = std::move(next);
    here = std::move(there);
  }
}

}  // namespace

SoftmaxSolver::SoftmaxSolver(const Design& design, std::span<const int> labels, std::size_t classes,
                             std::span<const std::uint8_t> fold)
    : design_(design), labels_(labels), classes_(classes), fold_(fold) {}

std::vector<Weights> SoftmaxSolver::fit(double c, int left_out) {
  const RowChoice rows =
      left_out == LogisticSolver::kAllRows ? RowChoice{} : RowChoice{fold_, left_out};
  const Objective objective(design_, labels_, classes_, rows, c);
  auto found = std::ranges::find(solutions_, left_out, &std::pair<int, Vector>::first);
  if (found == solutions_.end()) {
    Vector start = solutions_.empty() ? Vector(objective.size(), 0.0) : solutions_.front().second;
    solutions_.emplace_back(left_out, std::move(start));
    found = std::prev(solutions_.end());
  }
  Vector& w = found->second;
  minimise(objective, kGradientTolerance * static_cast<double>(design_.rows), w);
  std::vector<Weights> weights(classes_);
  for (std::size_t k = 0; k < classes_; ++k) {
    for (std::size_t i = 0; i < design_.features; ++i) weights[k].push_back(w[i * classes_ + k]);
    weights[k].push_back(w[(design_.features + 1) * classes_ + k]);
  }
  return weights;
}

}  // namespace vitrine
