// The columns by which the user wants rows to be split: groups that stay together, and time.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/table/raw_table.h"
#include "data/table/schema_inference.h"
#include "data/table/split.h"

namespace vitrine::data {

/// A number for each row; rows with the same value of the column `name` have the same number. A row
/// without a value is a group of its own. Throws Error(usage) if there is no such column, and
/// Error(bad_input) if it has fewer than 10 different values.
std::vector<std::uint64_t> groups_of(const RawTable& raw, const std::string& name);

/// A time for each row: the numbers of the column `name`, or its dates in seconds (date.h); NaN for
/// a row without one. Adds a warning if days and months can't be told apart. Throws Error(usage) if
/// there is no such column, and Error(bad_input) if over 5 % of its values are neither.
std::vector<double> times_of(const RawTable& raw, const std::string& name,
                             std::optional<DateOrder> order, std::vector<Warning>& warnings);

struct SplitOptions {
  std::uint64_t seed = 1;
  bool with_test = true;
};

/// The split of a table (split.h) as `options.group` and `options.time` say. `rows` are the places
/// of the table's rows in the raw table.
Split split_as_asked(const RawTable& raw, const SchemaOptions& options, const Table& table,
                     std::span<const std::uint32_t> rows, const SplitOptions& how,
                     std::vector<Warning>& warnings);

}  // namespace vitrine::data
