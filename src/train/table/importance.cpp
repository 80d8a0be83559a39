#include "train/table/importance.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"
#include "metrics/classification.h"
#include "metrics/regression.h"
#include "task/regression.h"
#include "train/table/learner.h"

namespace vitrine::train {
namespace {

constexpr std::size_t kMostRows = 5000;
constexpr std::size_t kMostWeights = 20;

std::vector<model::FeatureImportance::Weight> strongest_weights(const data::TableSchema& schema,
                                                                const model::FeatureLayout& layout,
                                                                const model::LinearModel& linear) {
  const auto names = model::feature_names(schema, layout);
  std::vector<std::size_t> order(names.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto& weights = linear.weights.front();
  std::ranges::stable_sort(order, std::ranges::greater{},
                           [&](std::size_t i) { return std::abs(weights[i]); });
  std::vector<model::FeatureImportance::Weight> out;
  for (std::size_t i = 0; i < std::min(order.size(), kMostWeights); ++i) {
    out.push_back({names[order[i]], weights[order[i]]});
  }
  return out;
}

}  // namespace

model::FeatureImportance column_importance(const data::TableSchema& schema,
                                           const model::FeatureLayout& layout,
                                           const model::Classifier& classifier,
                                           const data::Table& rows) {
  Random random(7);
  std::vector<std::uint32_t> chosen(rows.rows);
  std::iota(chosen.begin(), chosen.end(), 0U);
  random.shuffle(std::span(chosen));
  chosen.resize(std::min(chosen.size(), kMostRows));
  data::Table sample = rows.subset(chosen);
  const auto loss = [&] {
    const std::vector<float> outputs = predict_classifier(schema, layout, classifier, sample);
    if (!schema.target.number) {
      return metrics::log_loss(outputs, sample.labels, schema.target.classes.size());
    }
    const task::NumberCases cases{outputs, sample.targets};
    return metrics::root_mean_squared_error(metrics::residuals(cases.predictions(), sample.targets))
        .value;
  };
  const double base = loss();
  model::FeatureImportance out;
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    const data::ColumnData kept = sample.columns[i];
    std::visit(
        [&]<typename Values>(Values& values) {
          if constexpr (std::is_same_v<Values, data::Texts>) {
            std::vector<std::uint32_t> order(values.size());
            std::iota(order.begin(), order.end(), 0U);
            random.shuffle(std::span(order));
            values = values.subset(order);
          } else {
            random.shuffle(std::span(values));
          }
        },
        sample.columns[i].values);
    out.columns.push_back({schema.columns[i].key, loss() - base});
    sample.columns[i] = kept;
  }
  std::ranges::stable_sort(out.columns, std::ranges::greater{},
                           &model::FeatureImportance::Column::loss_increase);
  if (const auto* linear = std::get_if<model::LinearModel>(&classifier);
      linear && (linear->weights.size() == 1 || schema.target.number)) {
    out.weights = strongest_weights(schema, layout, *linear);
  }
  return out;
}

}  // namespace vitrine::train
