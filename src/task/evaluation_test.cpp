#include "task/evaluation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace vitrine::task {
namespace {

TEST(Evaluate, matches_values_computed_by_hand) {
  const std::vector<float> p = {0.9F, 0.1F, 0.4F, 0.6F, 0.2F, 0.8F, 0.7F, 0.3F};
  const std::vector<int> answers = {0, 1, 1, 0};
  const std::vector<int> labels = {0, 1, 0, -1};
  const Evaluation out = evaluate({p, answers, labels, 2});
  EXPECT_EQ(out.rows, 3);
  EXPECT_EQ(out.confusion, (std::vector<std::vector<std::size_t>>{{1, 1}, {0, 1}}));
  EXPECT_NEAR(out.find("accuracy")->value, 2.0 / 3, 1e-12);
  EXPECT_NEAR(out.find("log_loss")->value, -(std::log(0.9) + std::log(0.6) + std::log(0.2)) / 3,
              1e-6);
  EXPECT_NEAR(out.find("auc")->value, 0.5, 1e-12);
  EXPECT_NEAR(out.find("brier")->value, 2 * (0.01 + 0.16 + 0.64) / 3, 1e-6);
  EXPECT_NEAR(out.find("ece")->value, (0.1 + 0.4 + 0.8) / 3, 1e-6);
  EXPECT_EQ(out.calibration[1].rows, 1);
  const metrics::Estimate f1 = *out.find("f1_macro");
  EXPECT_NEAR(f1.value, 2.0 / 3, 1e-12);
  EXPECT_LE(f1.ci95.low, f1.value);
  EXPECT_GE(f1.ci95.high, f1.value);
}

TEST(Evaluate, without_a_known_label_gives_no_number_that_is_not_finite) {
  const std::vector<float> p = {0.9F, 0.1F};
  for (const MetricValue& one : evaluate({p, std::vector<int>{0}, std::vector<int>{-1}, 2}).metrics)
    EXPECT_TRUE(std::isfinite(one.estimate.value)) << one.metric.key;
}

TEST(Evaluate, json_has_the_documented_names) {
  const std::vector<float> p = {0.9F, 0.1F, 0.4F, 0.6F};
  const std::vector<int> both = {0, 1};
  const Json json = to_json(evaluate({p, both, both, 2}), {"no", "yes"});
  for (const char* key : {"rows", "accuracy", "log_loss", "f1_macro", "ece", "brier", "auc",
                          "auc_ci95", "ece_ci95", "confusion", "classes", "calibration"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  const std::vector<float> three = {0.5F, 0.3F, 0.2F};
  const std::vector<int> first = {0};
  EXPECT_FALSE(to_json(evaluate({three, first, first, 3}), {"a", "b", "c"}).contains("auc"));
}

TEST(Evaluate, intervals_of_cross_fitted_metrics_are_wider_and_stay_in_bounds) {
  const std::vector<float> p = {0.9F, 0.1F, 0.4F, 0.6F, 0.2F, 0.8F};
  const Evaluation plain = evaluate({p, std::vector<int>{0, 1, 1}, std::vector<int>{0, 1, 0}, 2});
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
