// Where a model is worst: the mean error of groups of rows, by the values of each column. Pure
// functions.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "data/table/table.h"
#include "metrics/interval.h"

namespace vitrine::report {

/// The rows of one category, one range of a number or date, or those with a missing value.
struct Slice {
  std::string column;  ///< name, as in the training table
  std::string value;   ///< "Two year", "12 to 24", "missing"
  std::size_t rows = 0;
  metrics::Estimate error;  ///< mean error of the rows, with a normal 95 % interval
  double others = 0;        ///< mean error of all other rows
  /// The error is higher than that of the other rows by more than chance: Welch's test, one-sided
  /// at 5 %, divided by the number of slices that were looked at (Bonferroni).
  bool worse = false;
};

struct Slices {
  std::size_t looked_at = 0;
  std::vector<Slice> worst;  ///< at most `most`, the least probable by chance first
};

/// `errors`: one for each row, such as 1 for a wrong prediction and 0 for a right one, or the
/// absolute error of a number; NaN for rows without a known truth, which are skipped. Slices with
/// fewer than 30 rows are skipped. Ranges are the fifths of the training data.
Slices worst_slices(const data::TableSchema& schema, const data::Table& table,
                    std::span<const double> errors, std::size_t most);

}  // namespace vitrine::report
