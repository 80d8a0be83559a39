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
  /// The column; without a name. Text that is not UTF-8 is unreadable, or Error(bad_input) if all
  /// texts are to be kept.
  virtual RawColumn finish() && = 0;
};

/// What becomes of cells that are lists, structures or maps.
enum class Nested { unread, as_text };

/// A column of this type. `options`: for the formats of texts. `where`: the column, for messages.
/// Throws Error(bad_input) for timestamps of a zone that the system does not know.
std::unique_ptr<ArrowColumn> make_column(const arrow::DataType& type, const ColumnReading& reading,
                                         const ReadOptions& options, const std::string& where,
                                         Nested nested);

}  // namespace vitrine::data
