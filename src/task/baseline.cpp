#include "task/baseline.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/text.h"

namespace vitrine::task {
namespace {

template <typename Cases>
BaselineComparison compared(std::span<const Metric<Cases>> table, const Cases& model,
                            const Cases& baseline) {
  constexpr double kLevel = 0.05;
  BaselineComparison out;
  std::size_t tests = 0;
  double smallest_p = 1;  // of the tests in which the model is the better one
  for (const auto& metric : table) {
    if (!metric.of_baseline) continue;
    if (const auto estimate = metric.value(baseline)) {
      out.values.push_back({metric, estimate->value});
    }
    if (metric.compare == nullptr) continue;
    const auto difference = metric.compare(baseline, model);
    if (!difference) continue;
    ++tests;
    const double gain = difference->difference.value * (metric.better == Better::higher ? 1 : -1);
    if (gain > 0) smallest_p = std::min(smallest_p, difference->p_value);
  }
  out.beaten = tests > 0 && smallest_p < kLevel / static_cast<double>(tests);
  return out;
}

/// The share of each class in training, else among the labels.
std::vector<double> class_shares(const data::Target& target, std::span<const int> labels) {
  std::vector<double> counts;
  for (const data::Category& one : target.classes) counts.push_back(static_cast<double>(one.count));
  if (std::ranges::all_of(counts, [](double count) { return count == 0; })) {
    for (const int label : labels) {
      if (label >= 0) ++counts[static_cast<std::size_t>(label)];
    }
  }
  const double sum = std::reduce(counts.begin(), counts.end());
  for (double& one : counts) one /= sum;
  return counts;
}

double mean_of_known(std::span<const double> truths) {
  double sum = 0;
  std::size_t known = 0;
  for (const double truth : truths) {
    if (std::isnan(truth)) continue;
    sum += truth;
    ++known;
  }
  return sum / static_cast<double>(known);
}

}  // namespace

std::optional<BaselineComparison> compare_to_baseline(const ClassifiedCases& cases,
                                                      const data::Target& target) {
  if (cases.known() == 0) return std::nullopt;
  const std::vector<double> shares = class_shares(target, cases.labels);
  const auto commonest = std::ranges::max_element(shares) - shares.begin();
  std::vector<float> probabilities;
  probabilities.reserve(cases.labels.size() * cases.classes);
  for (std::size_t i = 0; i < cases.labels.size(); ++i) {
    for (const double share : shares) probabilities.push_back(static_cast<float>(share));
  }
  const std::vector<int> predicted(cases.labels.size(), static_cast<int>(commonest));
  BaselineComparison out =
      compared(classification_metrics(), cases,
               ClassifiedCases{probabilities, predicted, cases.labels, cases.classes});
  out.prediction = target.classes[static_cast<std::size_t>(commonest)].spelling;
  return out;
}

std::optional<BaselineComparison> compare_to_baseline(const NumberCases& cases,
                                                      const data::Target& target) {
  if (cases.known() == 0 || !target.number) return std::nullopt;
  const double mean =
      target.number->quantiles.empty() ? mean_of_known(cases.truths) : target.number->mean;
  const std::vector<float> outputs(cases.outputs.size(), static_cast<float>(mean));
  BaselineComparison out =
      compared(regression_metrics(), cases, NumberCases{outputs, cases.truths});
  out.prediction = short_number(mean);
  return out;
}

}  // namespace vitrine::task
