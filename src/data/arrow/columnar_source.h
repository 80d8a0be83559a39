// A Parquet or Arrow file as columns of groups of rows.
#pragma once

#include <arrow/array.h>
#include <arrow/chunked_array.h>
#include <arrow/type.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace vitrine::data {

/// Thread-safe.
class ColumnarSource {
 public:
  ColumnarSource() = default;
  ColumnarSource(const ColumnarSource&) = delete;
  ColumnarSource& operator=(const ColumnarSource&) = delete;
  virtual ~ColumnarSource() = default;

  virtual const arrow::Schema& schema() const = 0;
  /// Row groups of Parquet, record batches of Arrow.
  virtual std::size_t groups() const = 0;
  virtual std::size_t rows_of(std::size_t group) const = 0;
  /// The cells of a column in a group. Throws Error(bad_input) for a damaged file.
  virtual std::shared_ptr<arrow::ChunkedArray> column(std::size_t group,
                                                      std::size_t column) const = 0;
};

/// Opens Parquet, or Arrow's file (Feather) or stream format, by the first bytes. `bytes` must
/// outlive the source. Throws Error(bad_input).
std::unique_ptr<ColumnarSource> open_source(std::string_view bytes, const std::string& where);

}  // namespace vitrine::data
