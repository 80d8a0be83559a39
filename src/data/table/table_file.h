// A table as people have it: text that may be compressed, in another encoding or with the line ends
// of an old system; a workbook; Parquet or Arrow; a query of a database.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "data/table/raw_table.h"
#include "data/table/table_name.h"
#include "data/table/table_reader.h"
#include "data/table/warning.h"

namespace vitrine::data {

/// The user's choices about a file.
struct TableFileOptions {
  std::string encoding;  ///< as iconv(3) names it; empty: UTF-8, or detected
  std::string sheet;     ///< of a workbook; empty: the first one that has cells
  std::string table;     ///< of a database; empty: the only one
  std::string query;     ///< of a database, in SQL, instead of a table
  ReadOptions::Header header = ReadOptions::Header::detected;
  bool strict = false;  ///< what must be converted or assumed is an error
};

/// A table's file or database, open. A plain text is mapped, not copied. Thread-safe.
class TableFile {
 public:
  /// Opens a file or a database. Throws Error(bad_input), Error(usage) for an unknown encoding,
  /// sheet or table.
  TableFile(const TableName& name, const TableFileOptions& options);
  /// The same for bytes that were read already, from `where`.
  TableFile(std::string bytes, std::string where, const TableFileOptions& options);

  TableFile(const TableFile&) = delete;
  TableFile& operator=(const TableFile&) = delete;

  /// In UTF-8 with line ends that read_csv() accepts; empty for Parquet, Arrow and databases.
  std::string_view text() const;
  /// As in the file; empty for databases.
  std::string_view bytes() const { return file_ ? file_->text() : std::string_view(read_); }
  /// The path, or where the bytes are from, for messages.
  const std::string& where() const { return where_; }
  /// True if the text is JSON.
  bool json() const;
  /// True if the names of its folders are columns.
  bool has_partition() const { return !partition_.empty(); }
  /// What was converted.
  const std::vector<Warning>& warnings() const { return warnings_; }

  /// All rows, with the warnings about the file first. Throws Error(bad_input).
  RawTable read(ReadOptions options = {}) const;
  /// The rows in parts of about `part_bytes` bytes; not for JSON. The file must outlive the parts.
  std::unique_ptr<TableParts> parts(ReadOptions options, std::size_t part_bytes) const;

 private:
  void convert();
  void open_database(const std::string& address);
  void read_workbook();
  void convert_text();
  void refuse_encoding(const std::string& who) const;
  void refuse_sheet() const;
  void refuse_table() const;
  std::string with_sheets(std::string hint) const;
  RawTable read_sheet_text(const ReadOptions& options) const;
  void note(Warning warning);
  ReadOptions with_file_options(ReadOptions options) const;

  TableFileOptions options_;
  std::string where_;
  std::string read_;
  std::optional<MappedFile> file_;
  std::optional<std::string> converted_;
  std::unique_ptr<TableReader> reader_;
  std::vector<std::pair<std::string, std::string>> partition_;
  bool workbook_ = false;
  bool database_ = false;
  bool plain_numbers_ = false;       ///< the numbers of ARFF
  std::vector<bool> plain_columns_;  ///< the numbers of a workbook
  std::vector<Warning> warnings_;
};

/// The rows of a text, which is JSON or delimited: read_csv() or read_json_table().
RawTable read_table(std::string_view text, std::string where, const ReadOptions& options = {});

}  // namespace vitrine::data
