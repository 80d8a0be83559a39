// Tables that are read as a whole or in parts, from any source.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "data/table/raw_table.h"
#include "data/table/warning.h"

namespace vitrine::data {

/// Some rows of a table that is read in parts. Used by one thread.
class TablePart {
 public:
  explicit TablePart(std::size_t number) : number_(number) {}
  TablePart(const TablePart&) = delete;
  TablePart& operator=(const TablePart&) = delete;
  virtual ~TablePart() = default;

  /// Counted from 0 in the order of the rows.
  std::size_t number() const { return number_; }
  /// Throws Error(bad_input) for errors in the rows.
  virtual RawTable read() const = 0;
  /// Appends a row of `rows`, which read() returned, as CSV fields between commas, one for each
  /// column.
  virtual void append_row(std::string& out, const RawTable& rows, std::size_t row) const = 0;

 private:
  std::size_t number_;
};

/// Reads a table in parts of some thousand rows, so that large tables need little memory. Each part
/// has its own dictionaries and may be empty. Thread-safe.
class TableParts {
 public:
  TableParts() = default;
  TableParts(const TableParts&) = delete;
  TableParts& operator=(const TableParts&) = delete;
  virtual ~TableParts() = default;

  /// What had to be assumed about the source as a whole. Those about rows are in the parts.
  virtual std::vector<Warning> warnings() const { return {}; }
  virtual std::vector<std::string> names() const = 0;
  /// The next part, null behind the last one. Several threads may call it. The object must outlive
  /// the parts. Throws Error for a source that fails.
  virtual std::unique_ptr<TablePart> next() = 0;
};

/// A table that is no text: a file of columns, or a query of a database. Thread-safe.
class TableReader {
 public:
  TableReader() = default;
  TableReader(const TableReader&) = delete;
  TableReader& operator=(const TableReader&) = delete;
  virtual ~TableReader() = default;

  /// All rows, on all cores. Throws Error(bad_input).
  virtual RawTable read(const ReadOptions& options) const = 0;
  /// The rows in parts of about `part_rows` rows. The reader must outlive the parts.
  virtual std::unique_ptr<TableParts> parts(const ReadOptions& options,
                                            std::size_t part_rows) const = 0;
};

/// Calls body(part) for each part, in several threads on all cores. After an exception no further
/// bodies start, and that of the first part is rethrown.
void for_each_part(TableParts& parts, const std::function<void(const TablePart& part)>& body);

}  // namespace vitrine::data
