#include "task/evaluation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <tuple>

#include "base/random.h"

namespace vitrine::task {
namespace {

/// A target of classes "a", "b", ... with these counts in training.
data::Target classes_of(const std::vector<std::uint64_t>& counts) {
  data::Target target;
  for (std::size_t k = 0; k < counts.size(); ++k) {
    const std::string name(1, static_cast<char>('a' + k));
    target.classes.push_back({.value = name, .spelling = name, .variants = {}, .count = counts[k]});
  }
  return target;
}

double baseline_of(const Evaluation& evaluation, std::string_view key) {
  for (const auto& [metric, value] : evaluation.baseline.value().values) {
    if (metric.key == key) return value;
  }
  ADD_FAILURE() << "no baseline of " << key;
  return 0;
}

TEST(Baseline, is_the_commonest_class_of_training_with_its_shares) {
  const std::vector<float> p = {0.9F, 0.1F, 0.4F, 0.6F, 0.2F, 0.8F, 0.7F, 0.3F};
  const std::vector<int> answers = {0, 1, 1, 0};
  const std::vector<int> labels = {0, 1, 0, -1};
  const Evaluation out = evaluate({p, answers, labels, 2}, classes_of({75, 25}));
  EXPECT_EQ(out.baseline->prediction, "a");
  EXPECT_NEAR(baseline_of(out, "accuracy"), 2.0 / 3, 1e-9);
  EXPECT_NEAR(baseline_of(out, "auc"), 0.5, 1e-9);
  EXPECT_NEAR(baseline_of(out, "log_loss"), -(2 * std::log(0.75) + std::log(0.25)) / 3, 1e-6);
  EXPECT_NEAR(baseline_of(out, "brier"), (2 * 0.0625 + 0.5625) / 3, 1e-6);
  EXPECT_FALSE(out.baseline->beaten);  // by three cases nothing is shown
  EXPECT_EQ(to_json(out, {"a", "b"})["baseline"]["accuracy"], 0.666667);
}

TEST(Baseline, of_an_imported_model_has_the_shares_of_the_cases) {
  const std::vector<float> p = {0.5F, 0.5F, 0.5F, 0.5F, 0.5F, 0.5F};
  const std::vector<int> labels = {1, 1, 0};
  const Evaluation out = evaluate({p, labels, labels, 2}, classes_of({0, 0}));
  EXPECT_EQ(out.baseline->prediction, "b");
}

TEST(Baseline, is_beaten_by_a_signal_and_not_by_noise) {
  std::vector<float> signal, noise;
  std::vector<int> labels, of_signal, of_noise;
  Random random(5);
  for (int i = 0; i < 400; ++i) {
    labels.push_back(random.uniform() < 0.1 ? 1 : 0);
    const double informed = labels.back() == 1 ? 0.3 : 0.08;
    const double guess = 0.05 + 0.1 * random.uniform();
    for (const auto& [p, out, predicted] :
         {std::tuple{informed, &signal, &of_signal}, std::tuple{guess, &noise, &of_noise}}) {
      out->push_back(static_cast<float>(1 - p));
      out->push_back(static_cast<float>(p));
      predicted->push_back(0);
    }
  }
  EXPECT_TRUE(evaluate({signal, of_signal, labels, 2}, classes_of({90, 10})).baseline->beaten);
  EXPECT_FALSE(evaluate({noise, of_noise, labels, 2}, classes_of({90, 10})).baseline->beaten);
}

TEST(Baseline, of_numbers_is_the_mean_of_training) {
  data::Target target;
  target.number.emplace().mean = 2;
  target.number->quantiles.assign(11, 2);
  const std::vector<double> truths = {1, 2, 3, 4};
  const std::vector<float> outputs = {1, 0, 2, 2, 1, 3, 3, 2, 4, 4, 3, 5};
  const Evaluation out = evaluate(NumberCases{outputs, truths}, target);
  EXPECT_NEAR(baseline_of(out, "rmse"), std::sqrt(6.0 / 4), 1e-9);
  EXPECT_NEAR(baseline_of(out, "mae"), 1, 1e-9);
  EXPECT_EQ(out.baseline->prediction, "2");
  // Of an imported model, which does not know it, that of the cases.
  target.number->quantiles.clear();
  const std::vector<float> predictions = {1, 2, 3, 4};
  const Evaluation imported = evaluate(NumberCases{predictions, truths}, target);
  EXPECT_EQ(imported.baseline->prediction, "2.5");
  EXPECT_EQ(imported.find("interval_coverage"), nullptr);
}

TEST(Evaluate, matches_values_computed_by_hand) {
  const std::vector<float> p = {0.9F, 0.1F, 0.4F, 0.6F, 0.2F, 0.8F, 0.7F, 0.3F};
  const std::vector<int> answers = {0, 1, 1, 0};
  const std::vector<int> labels = {0, 1, 0, -1};
  const Evaluation out = evaluate({p, answers, labels, 2}, classes_of({2, 1}));
  EXPECT_EQ(out.rows, 3);
  EXPECT_EQ(out.confusion, (std::vector<std::vector<std::size_t>>{{1, 1}, {0, 1}}));
  EXPECT_NEAR(out.find("accuracy")->value, 2.0 / 3, 1e-12);
  EXPECT_NEAR(out.find("log_loss")->value, -(std::log(0.9) + std::log(0.6) + std::log(0.2)) / 3,
              1e-6);
  EXPECT_NEAR(out.find("auc")->value, 0.5, 1e-12);
  EXPECT_NEAR(out.find("brier")->value, (0.01 + 0.16 + 0.64) / 3, 1e-6);
  EXPECT_NEAR(out.find("ece")->value, (0.1 + 0.4 + 0.8) / 3, 1e-6);
  EXPECT_EQ(out.calibration[1].rows, 1);
  const metrics::Estimate f1 = *out.find("f1_macro");
  EXPECT_NEAR(f1.value, 2.0 / 3, 1e-12);
  EXPECT_LE(f1.ci95.low, f1.value);
  EXPECT_GE(f1.ci95.high, f1.value);
}

TEST(Evaluate, without_a_known_label_gives_no_number_that_is_not_finite) {
  const std::vector<float> p = {0.9F, 0.1F};
  for (const MetricValue& one :
       evaluate({p, std::vector<int>{0}, std::vector<int>{-1}, 2}, classes_of({2, 1})).metrics)
    EXPECT_TRUE(std::isfinite(one.estimate.value)) << one.metric.key;
}

TEST(Evaluate, json_has_the_documented_names) {
  const std::vector<float> p = {0.9F, 0.1F, 0.4F, 0.6F};
  const std::vector<int> both = {0, 1};
  const Json json = to_json(evaluate({p, both, both, 2}, classes_of({2, 1})), {"no", "yes"});
  for (const char* key : {"rows", "accuracy", "log_loss", "f1_macro", "ece", "brier", "auc",
                          "auc_ci95", "ece_ci95", "confusion", "classes", "calibration"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  const std::vector<float> three = {0.5F, 0.3F, 0.2F};
  const std::vector<int> first = {0};
  EXPECT_FALSE(to_json(evaluate({three, first, first, 3}, classes_of({1, 1, 1})), {"a", "b", "c"})
                   .contains("auc"));
}

TEST(Evaluate, intervals_of_cross_fitted_metrics_are_wider_and_stay_in_bounds) {
  const std::vector<float> p = {0.9F, 0.1F, 0.4F, 0.6F, 0.2F, 0.8F};
  const Evaluation plain =
      evaluate({p, std::vector<int>{0, 1, 1}, std::vector<int>{0, 1, 0}, 2}, classes_of({2, 1}));
  Evaluation wide = plain;
  widen_cross_fitted(wide);
  for (std::size_t i = 0; i < plain.metrics.size(); ++i) {
    const metrics::Interval before = plain.metrics[i].estimate.ci95;
    const metrics::Interval after = wide.metrics[i].estimate.ci95;
    EXPECT_GE(after.high - after.low, before.high - before.low) << plain.metrics[i].metric.key;
    EXPECT_GE(after.low, 0);
    EXPECT_LE(after.high, plain.metrics[i].metric.highest);
  }
}

TEST(Metrics, keys_are_unique) {
  std::set<std::string_view> keys;
  for (const MetricInfo& one : known_metrics()) EXPECT_TRUE(keys.insert(one.key).second) << one.key;
}

}  // namespace
}  // namespace vitrine::task
