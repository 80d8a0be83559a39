#include "metrics/paired.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace vitrine::metrics {
namespace {

double p_of_z(double z) { return std::erfc(std::abs(z) / std::sqrt(2.0)); }

/// With fewer cases the p-value is 1, because the normal approximation would be far too confident.
constexpr std::size_t kFewest = 10;

PairedDifference normal_difference(double difference, double error, std::size_t cases) {
  PairedDifference out{
      {difference, {difference - kTwoSided * error, difference + kTwoSided * error}}};
  if (error > 0 && cases >= kFewest) out.p_value = p_of_z(difference / error);
  return out;
}

/// The two-sided p-value of the binomial test with probability 1/2: `fewer` of n cases on one side.
double binomial_p_value(std::size_t fewer, std::size_t n) {
  double sum = 0;
  for (std::size_t k = 0; k <= fewer; ++k) {
    sum += std::exp(
        std::lgamma(static_cast<double>(n) + 1) - std::lgamma(static_cast<double>(k) + 1) -
        std::lgamma(static_cast<double>(n - k) + 1) - static_cast<double>(n) * std::log(2.0));
  }
  return std::min(1.0, 2 * sum);
}

/// The ranks of scores, from 1; ties get their mean rank.
std::vector<double> midranks(const std::vector<float>& scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return scores[i]; });
  std::vector<double> ranks(scores.size());
  for (std::size_t at = 0; at < order.size();) {
    std::size_t end = at;
    while (end < order.size() && scores[order[end]] == scores[order[at]]) ++end;
    for (std::size_t i = at; i < end; ++i) ranks[order[i]] = static_cast<double>(at + end + 1) / 2;
    at = end;
  }
  return ranks;
}

/// The structural components of the AUC, one for each positive and negative (Sun and Xu 2014).
struct Parts {
  std::vector<double> positives;
  std::vector<double> negatives;
  double auc = 0;
};

Parts parts_of(std::span<const float> scores, std::span<const int> labels) {
  std::vector<float> one_side[2];
  std::vector<float> all;
  std::vector<int> side;
  for (std::size_t row = 0; row < scores.size(); ++row) {
    if (labels[row] < 0) continue;
    const int positive = labels[row] == 1 ? 1 : 0;
    one_side[positive].push_back(scores[row]);
    all.push_back(scores[row]);
    side.push_back(positive);
  }
  const auto ranks = midranks(all);
  const std::vector<double> own[2] = {midranks(one_side[0]), midranks(one_side[1])};
  const auto positives = static_cast<double>(one_side[1].size());
  const auto negatives = static_cast<double>(one_side[0].size());
  Parts out;
  std::size_t at[2] = {0, 0};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const int s = side[i];
    const double others_below = ranks[i] - own[s][at[s]++];
    if (s == 1) {
      out.positives.push_back(others_below / negatives);
    } else {
      out.negatives.push_back(1 - others_below / positives);
    }
  }
  out.auc = std::accumulate(out.positives.begin(), out.positives.end(), 0.0) / positives;
  return out;
}

/// The variance of the mean of a - b.
double variance_of_mean(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() < 2) return 0;
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double d = a[i] - b[i];
    sum += d;
    squares += d * d;
  }
  const auto n = static_cast<double>(a.size());
  return std::max(0.0, squares - sum * sum / n) / (n - 1) / n;
}

}  // namespace

PairedAccuracy compare_accuracy(std::span<const int> first, std::span<const int> second,
                                std::span<const int> labels) {
  PairedAccuracy out;
  std::size_t rows = 0;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (labels[row] < 0) continue;
    ++rows;
    const bool a = first[row] == labels[row];
    const bool b = second[row] == labels[row];
    if (a && !b) ++out.only_first;
    if (b && !a) ++out.only_second;
  }
  if (rows == 0) return out;
  const auto n = static_cast<double>(rows);
  const auto only_first = static_cast<double>(out.only_first);
  const auto only_second = static_cast<double>(out.only_second);
  const double difference = (only_second - only_first) / n;
  const double error =
      std::sqrt(std::max(0.0, only_first + only_second - n * difference * difference)) / n;
  out.accuracy = normal_difference(difference, error, rows);
  out.accuracy.p_value =
      binomial_p_value(std::min(out.only_first, out.only_second), out.only_first + out.only_second);
  return out;
}

std::optional<PairedDifference> compare_auc(std::span<const float> first,
                                            std::span<const float> second,
                                            std::span<const int> labels) {
  const Parts a = parts_of(first, labels);
  const Parts b = parts_of(second, labels);
  if (a.positives.empty() || a.negatives.empty()) return std::nullopt;
  return normal_difference(b.auc - a.auc,
                           std::sqrt(variance_of_mean(a.positives, b.positives) +
                                     variance_of_mean(a.negatives, b.negatives)),
                           std::min(a.positives.size(), a.negatives.size()));
}

PairedDifference compare_means(std::span<const double> first, std::span<const double> second) {
  const std::vector<double> a(first.begin(), first.end());
  const std::vector<double> b(second.begin(), second.end());
  if (a.empty()) return {};
  double difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference += b[i] - a[i];
  return normal_difference(difference / static_cast<double>(a.size()),
                           std::sqrt(variance_of_mean(a, b)), a.size());
}

}  // namespace vitrine::metrics
