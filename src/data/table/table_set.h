// Files and databases that are read as one table.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/table/raw_table.h"
#include "data/table/table_file.h"
#include "data/table/table_name.h"

namespace vitrine::data {

/// The tables of some names, one below the other. They are opened one after another, so that only
/// the columns of all and the text of one are in memory. Not thread-safe.
class TableSet {
 public:
  /// `names`: see tables_named(). Throws Error(bad_input).
  TableSet(const std::vector<std::string>& names, const TableFileOptions& options);
  /// A table that is open already, such as standard input.
  explicit TableSet(std::unique_ptr<TableFile> file);

  /// "t.csv", "folder (3 files)" or "a.csv and 2 more files", for messages.
  const std::string& where() const { return where_; }

  /// All rows, with the warnings about all tables. The set must outlive the table. Throws
  /// Error(bad_input). Tables without rows are skipped if others have some.
  RawTable read(const ReadOptions& options = {});

 private:
  RawTable read_all(const ReadOptions& options);

  TableFileOptions options_;
  std::vector<Warning> warnings_;
  std::vector<TableName> tables_;
  std::string where_;
  std::unique_ptr<TableFile> single_;  ///< the only one, once it is open
};

}  // namespace vitrine::data
