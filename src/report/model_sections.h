// Sections of a report about the model and its training, about the order of its probabilities, and
// about groups of rows, as HTML. Each is empty if its data is missing. Names are escaped.
#pragma once

#include <span>
#include <string>

#include "data/table/table.h"
#include "metrics/drift.h"
#include "model/card.h"
#include "task/partial_dependence.h"

namespace vitrine::report {

/// When the report was made, and what the model was trained on: rows, the SHA-256 of the data,
/// versions.
std::string provenance(const model::Card& card);

/// The most important columns with bars.
std::string importances(const model::Card& card);

/// The kinds of models that training tried, with their metrics, the chosen one first.
std::string leaderboard(const model::Card& card);

/// How many of the positive cases are among those with the highest probabilities: the curve of
/// cumulative gains, and a table with the lift of each tenth. `scores`: probabilities of the
/// positive class; `labels`: 1 is positive, below 0 unknown. `name`: the positive class as HTML.
std::string gains(std::span<const float> scores, std::span<const int> labels,
                  const std::string& name);

/// How the mean prediction depends on the most important columns: a plot for each.
std::string dependence(std::span<const task::PartialDependence> columns,
                       const data::Target& target);

/// Histograms of columns (by key) here and in the training data, at most six.
std::string shifts(const data::TableSchema& schema, std::span<const metrics::ColumnShares> shares,
                   std::span<const std::string> columns);

/// The groups of rows in which the model is worst. `errors`: of each row, 1 for a wrong class or
/// the absolute error of a number.
std::string slices(const data::TableSchema& schema, const data::Table& table,
                   std::span<const double> errors);

}  // namespace vitrine::report
