#include "train/table/softmax.h"

#include <algorithm>
#include <cmath>

#include "base/parallel.h"
#include "train/lbfgs.h"

namespace vitrine::train {
namespace {

constexpr std::size_t kParts = 16;  // fixed, so that sums are the same on every machine
constexpr double kGradientTolerance = 1e-6;

/// The objective on a choice of rows. Weights are [feature][class]; the last feature but one is "no
/// feature" (always 0), the last one the bias.
class Objective {
 public:
  Objective(const Design& design, std::span<const int> labels, std::size_t classes,
            const RowChoice& rows, double c)
      : design_(design), labels_(labels), classes_(classes), rows_(rows), c_(c) {}

  std::size_t size() const { return (design_.features + 2) * classes_; }

  LbfgsValue operator()(const LbfgsVector& w) const {
    std::vector<LbfgsValue> parts(kParts);
    parallel_for(kParts, [&](std::size_t part) { parts[part] = sum_part(w, part); });
    LbfgsValue total{0, LbfgsVector(size(), 0.0)};
    for (const LbfgsValue& part : parts) {
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
  LbfgsValue sum_part(const LbfgsVector& w, std::size_t part) const {
    LbfgsValue sum{0, LbfgsVector(size(), 0.0)};
    LbfgsVector p(classes_);
    const std::size_t end = design_.rows * (part + 1) / kParts;
    for (std::size_t row = design_.rows * part / kParts; row < end; ++row) {
      if (!rows_.holds(row)) continue;
      add_row(w, row, p, sum);
    }
    return sum;
  }

  void add_row(const LbfgsVector& w, std::size_t row, LbfgsVector& p, LbfgsValue& sum) const {
    std::ranges::fill(p, 0.0);
    design_.for_each_feature(row, [&](std::size_t feature, double value) {
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
    design_.for_each_feature(row, [&](std::size_t feature, double value) {
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

}  // namespace

SoftmaxSolver::SoftmaxSolver(const Design& design, std::span<const int> labels, std::size_t classes,
                             std::span<const std::uint8_t> fold)
    : design_(design), labels_(labels), classes_(classes), fold_(fold) {}

std::vector<Weights> SoftmaxSolver::fit(double c, int left_out) {
  const RowChoice rows =
      left_out == LogisticSolver::kAllRows ? RowChoice{} : RowChoice{fold_, left_out};
  const Objective objective(design_, labels_, classes_, rows, c);
  auto found = std::ranges::find(solutions_, left_out, &std::pair<int, LbfgsVector>::first);
  if (found == solutions_.end()) {
    LbfgsVector start =
        solutions_.empty() ? LbfgsVector(objective.size(), 0.0) : solutions_.front().second;
    solutions_.emplace_back(left_out, std::move(start));
    found = std::prev(solutions_.end());
  }
  LbfgsVector& w = found->second;
  minimise([&](const LbfgsVector& at) { return objective(at); },
           kGradientTolerance * static_cast<double>(design_.rows), w);
  std::vector<Weights> weights(classes_);
  for (std::size_t k = 0; k < classes_; ++k) {
    for (std::size_t i = 0; i < design_.features; ++i) weights[k].push_back(w[i * classes_ + k]);
    weights[k].push_back(w[(design_.features + 1) * classes_ + k]);
  }
  return weights;
}

}  // namespace vitrine::train
