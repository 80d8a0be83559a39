// The baseline of a model: what predictions without any input are worth. A classifier that always
// answers the commonest class of the training data, with the shares of the classes as
// probabilities; for numbers the mean of the training data.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/table/schema.h"
#include "task/classification.h"
#include "task/regression.h"

namespace vitrine::task {

struct BaselineComparison {
  struct Value {
    MetricInfo metric;
    double value = 0;
  };
  std::string prediction;     ///< the name of the class, or the number
  std::vector<Value> values;  ///< its metrics on the same cases, in the order of the task's table
  /// The model is better in at least one of the task's compared metrics by more than chance: a
  /// paired test at 5 %, divided by the number of metrics (Bonferroni).
  bool beaten = false;
};

/// Compares the model that predicted `cases` with its baseline. The shares of the classes are those
/// of the training data; of the cases themselves, if the model does not know them (imported
/// models). nullopt without labelled cases. Thread-safe.
std::optional<BaselineComparison> compare_to_baseline(const ClassifiedCases& cases,
                                                      const data::Target& target);
std::optional<BaselineComparison> compare_to_baseline(const NumberCases& cases,
                                                      const data::Target& target);

}  // namespace vitrine::task
