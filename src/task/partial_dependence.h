// How a model's mean prediction depends on one column while the others stay as they are in the
// data: Friedman 2001, "Greedy function approximation: a gradient boosting machine", section 8.2.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "data/table/schema.h"
#include "data/table/table.h"

namespace vitrine::task {

struct PartialDependence {
  std::string column;  ///< its name
  data::ColumnKind kind = data::ColumnKind::number;
  bool times = false;              ///< kind date: its dates have times
  std::vector<double> at;          ///< kinds number and date (in days since 1970): ascending
  std::vector<std::string> names;  ///< kind category: spellings, the most frequent first
  std::vector<double> means;  ///< of each: the mean probability of the second of two classes, or
                              ///< the mean number
};

/// Of the first columns of `order` (indices of the schema's columns), at most `most` of them;
/// columns of text and those with one value are passed over. `predict` returns one value for each
/// row of a table of the schema. At most 300 rows of `table` are used, evenly spaced. Pure.
std::vector<PartialDependence> partial_dependence(
    const data::TableSchema& schema, const data::Table& table,
    const std::vector<std::size_t>& order, std::size_t most,
    const std::function<std::vector<float>(const data::Table&)>& predict);

}  // namespace vitrine::task
