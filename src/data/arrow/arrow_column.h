// Collects the cells of one column of Arrow arrays.
#pragma once

#include <arrow/chunked_array.h>
#include <arrow/type.h>

#include <memory>
#include <string>

#include "data/table/column_reading.h"
#include "data/table/raw_table.h"

namespace vitrine::data {

/// A column under construction. Not thread-safe.
class ArrowColumn {
 public:
  ArrowColumn() = default;
  ArrowColumn(const ArrowColumn&) = delete;
  ArrowColumn& operator=(const ArrowColumn&) = delete;
  virtual ~ArrowColumn() = default;

  /// Adds rows.
  virtual void add(const std::shared_ptr<arrow::Array>& cells) = 0;
  /// The column; without a name. Throws Error(bad_input) for text that is not UTF-8.
  virtual RawColumn finish(const std::string& where) && = 0;
};

/// A column of this type. `order`: of dates that are texts.
std::unique_ptr<ArrowColumn> make_column(const arrow::DataType& type, const ColumnReading& reading,
                                         std::optional<DateOrder> order);

/// True for lists, structures, maps and the like, which have no text as a cell.
bool is_nested_type(const arrow::DataType& type);

}  // namespace vitrine::data
