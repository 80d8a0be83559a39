// Two models on the same labelled data: what `compare` does.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "data/table/table_file.h"
#include "metrics/paired.h"
#include "task/evaluation.h"
#include "task/metric.h"

namespace vitrine::app {

struct CompareOptions {
  std::string first;   ///< path of a model file
  std::string second;  ///< another file with the same classes, in any order
  /// Tables with the target column, or a folder of one folder of photos a class.
  std::vector<std::string> data;
  data::TableFileOptions file;
};

/// One metric of both models.
struct MetricComparison {
  task::MetricInfo metric;
  double first = 0;
  double second = 0;
  metrics::PairedDifference difference;  ///< second minus first

  /// "the second is better", "the first is better" or "no significant difference" (p >= 0.05).
  std::string verdict() const;
};

struct ModelComparison {
  std::size_t rows = 0;                             ///< cases with a known label
  std::string noun;                                 ///< "rows" or "photos"
  std::optional<metrics::PairedAccuracy> accuracy;  ///< of classifiers
  std::vector<MetricComparison> metrics;

  /// As `compare --json` prints it; the names are stable.
  Json to_json() const;
};

/// One of several models on the same data.
struct RankedModel {
  std::string model;  ///< path of the file
  task::Evaluation metrics;
  /// The metric that ranks: the best model against this one; nullopt for the best one.
  std::optional<MetricComparison> behind;
};

struct ModelRanking {
  std::size_t rows = 0;
  std::string noun;
  task::MetricInfo by;              ///< log loss, or RMSE
  std::vector<RankedModel> models;  ///< the best first

  /// As `compare --json` prints it for more than two models; the names are stable.
  Json to_json() const;
};

/// Ranks models of the same target by their log loss or RMSE on all of the data, each compared with
/// the best one by the paired test of compare_models(). Throws Error as that does.
ModelRanking rank_models(const std::vector<std::string>& models,
                         const std::vector<std::string>& data, const data::TableFileOptions& file);

/// Evaluates both models on all of the data. Throws Error: bad_model; bad_input for models with
/// different classes or tasks, or if they can't read the same cases.
ModelComparison compare_models(const CompareOptions& options);

}  // namespace vitrine::app
