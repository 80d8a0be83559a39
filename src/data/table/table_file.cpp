#include "data/table/table_file.h"

#include <algorithm>
#include <future>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "data/table/arff.h"
#include "data/table/csv.h"
#include "data/table/encoding.h"
#include "data/table/format_modules.h"
#include "data/table/json_table.h"
#include "data/table/unpack.h"

namespace vitrine::data {
namespace {

/// Formats that this is no reader of, by their first bytes.
void refuse_other_formats(std::string_view bytes, const std::string& where) {
  struct Format {
    std::string_view start;
    const char* name;
    const char* hint;
  };
  constexpr Format kFormats[] = {
      {"PAR1", "a Parquet file that is cut off", "copy it again"},
      {"PARE", "an encrypted Parquet file", "write it without encryption"},
      {"FEA1", "a Feather file of version 1", "write it as version 2, or save the table as CSV"},
      {"Obj\x01", "an Avro file", "save the table as Parquet or CSV"},
      {"ORC", "an ORC file", "save the table as Parquet or CSV"},
      {"\xD0\xCF\x11\xE0", "an old Excel workbook (xls), or one with a password",
       "save it as xlsx without a password, or the sheet as CSV (UTF-8)"},
      {"%PDF", "a PDF file", "export the table as CSV"},
      {"BZh91AY&SY", "compressed by bzip2", "unpack it first: bunzip2"},
      {"\xFD"
       "7zXZ",
       "compressed by xz", "unpack it first: unxz"},
      {"7z\xBC\xAF", "a 7-Zip archive", "unpack it first"},
      {"version https://git-lfs", "a pointer of Git LFS, not the file itself",
       "fetch it: git lfs pull"},
      {"\x89HDF", "an HDF5 file", "save the table as CSV"},
      {"\x80\x04\x95", "a pickle", "save the table as CSV (pandas: to_csv(..., index=False))"},
      {"<!DOCTYPE", "a web page", "download the table itself"},
      {"<html", "a web page", "download the table itself"},
  };
  for (const Format& one : kFormats) {
    if (!bytes.starts_with(one.start)) continue;
    const bool name_of_column = one.start == "ORC" || one.start.starts_with("PAR");
    if (name_of_column && !bytes.contains('\0')) continue;
    throw Error(ErrorKind::bad_input, std::string("this is ") + one.name, where, one.hint);
  }
}

using Partition = std::vector<std::pair<std::string, std::string>>;

/// Adds columns that have one value; one of the table goes before a column of this name.
void add_partition(const Partition& partition, RawTable& table) {
  for (const auto& [name, value] : partition) {
    if (table.find(name) != nullptr) continue;
    table.columns.push_back(
        {.name = name, .texts = {value}, .codes = std::vector<std::uint32_t>(table.rows, 0)});
  }
}

/// Parts of a file with the columns that its folders are named after.
class PartitionPart : public TablePart {
 public:
  PartitionPart(std::unique_ptr<TablePart> part, const Partition& partition)
      : TablePart(part->number()), part_(std::move(part)), partition_(partition) {}

  RawTable read() const override {
    RawTable table = part_->read();
    columns_ = table.columns.size();
    add_partition(partition_, table);
    return table;
  }

  void append_row(std::string& out, const RawTable& rows, std::size_t row) const override {
    part_->append_row(out, rows, row);
    for (std::size_t i = columns_; i < rows.columns.size(); ++i) {
      out += "," + csv_field(rows.columns[i].texts[0]);
    }
  }

 private:
  std::unique_ptr<TablePart> part_;
  const Partition& partition_;
  mutable std::size_t columns_ = 0;  ///< of the file
};

class PartitionParts : public TableParts {
 public:
  PartitionParts(std::unique_ptr<TableParts> parts, Partition partition)
      : parts_(std::move(parts)), partition_(std::move(partition)) {}

  std::vector<Warning> warnings() const override { return parts_->warnings(); }
  std::vector<std::string> names() const override {
    RawTable table;
    for (const std::string& name : parts_->names()) table.columns.push_back({.name = name});
    add_partition(partition_, table);
    return table.names();
  }
  std::unique_ptr<TablePart> next() override {
    auto part = parts_->next();
    if (part == nullptr) return nullptr;
    return std::make_unique<PartitionPart>(std::move(part), partition_);
  }

 private:
  std::unique_ptr<TableParts> parts_;
  Partition partition_;
};

}  // namespace

TableFile::TableFile(const TableName& name, const TableFileOptions& options)
    : options_(options), where_(without_password(name.path)), partition_(name.partition) {
  if (is_database_address(name.path)) {
    open_database(name.path);
  } else {
    file_.emplace(name.path);
    convert();
  }
}

TableFile::TableFile(std::string bytes, std::string where, const TableFileOptions& options)
    : options_(options), where_(std::move(where)), read_(std::move(bytes)) {
  convert();
}

std::string_view TableFile::text() const {
  if (reader_) return {};
  const std::string_view all = converted_ ? std::string_view(*converted_) : bytes();
  return all.substr(all.starts_with("\xEF\xBB\xBF") ? 3 : 0);
}

bool TableFile::json() const { return !workbook_ && is_json_text(text()); }

ReadOptions TableFile::with_file_options(ReadOptions options) const {
  options.header = options_.header;
  options.strict = options_.strict;
  options.plain_numbers = plain_numbers_;
  options.plain_columns = plain_columns_;
  if (workbook_) options.separator = ',';
  return options;
}

void TableFile::note(Warning warning) {
  warn_or_refuse(warnings_, std::move(warning), options_.strict, where_);
}

void TableFile::convert() {
  constexpr int kMostLayers = 3;  // some archives hold themselves
  for (int layer = 0; layer < kMostLayers; ++layer) {
    const auto compression = compression_of(text());
    if (!compression) break;
    if (compression == Compression::zip && is_workbook(ZipFile(text(), where_))) {
      return read_workbook();
    }
    converted_ = unpack(text(), *compression, where_);
  }
  if (is_sqlite(text())) {
    return open_database("sqlite:" + std::filesystem::path(where_).lexically_normal().string());
  }
  refuse_sheet();
  refuse_table();
  if (is_columnar(text())) {
    refuse_encoding("Parquet and Arrow files have");
    reader_ = open_columnar(text(), where_);
  } else {
    convert_text();
  }
}

void TableFile::refuse_sheet() const {
  if (options_.sheet.empty()) return;
  throw Error(ErrorKind::usage, "only workbooks have sheets", where_, "leave out --sheet");
}

void TableFile::refuse_table() const {
  if (options_.table.empty() && options_.query.empty()) return;
  throw Error(ErrorKind::usage, "only databases have tables and answer queries", where_,
              options_.query.empty() ? "leave out --table" : "leave out --query");
}

void TableFile::open_database(const std::string& address) {
  refuse_encoding("databases have");
  refuse_sheet();
  if (!read_.empty() || converted_) {
    throw Error(ErrorKind::bad_input, "an SQLite database is read from its own file only", where_,
                "save it as a file, uncompressed");
  }
  database_ = true;
  reader_ = data::open_database(address, {.table = options_.table, .query = options_.query});
}

void TableFile::refuse_encoding(const std::string& who) const {
  if (options_.encoding.empty()) return;
  throw Error(ErrorKind::usage, who + " an encoding of their own", where_, "leave out --encoding");
}

void TableFile::read_workbook() {
  refuse_encoding("workbooks have");
  refuse_table();
  SheetText sheet = read_sheet(ZipFile(text(), where_), where_, options_.sheet);
  converted_ = std::move(sheet.csv);
  plain_columns_ = std::move(sheet.plain_columns);
  workbook_ = true;
  for (Warning& warning : sheet.warnings) note(std::move(warning));
}

void TableFile::convert_text() {
  refuse_other_formats(text(), where_);
  if (!options_.encoding.empty()) {
    converted_ = to_utf8(text(), options_.encoding, where_);
  } else if (const auto encoding = other_encoding(text())) {
    converted_ = to_utf8(text(), *encoding, where_);
    note({"encoding", "the text is not UTF-8 and is read as " + *encoding,
          "if letters are wrong, name the encoding with --encoding"});
  }
  if (text().contains('\r') && !text().contains('\n')) {
    if (!converted_) converted_ = std::string(text());
    std::ranges::replace(*converted_, '\r', '\n');
    note({"line_ends", "the lines end with CR, as on old Macintosh computers",
          "they are read as lines"});
  }
  if (is_arff(text())) {
    converted_ = csv_of_arff(text(), where_);
    plain_numbers_ = true;
  }
}

RawTable TableFile::read(ReadOptions options) const {
  options = with_file_options(std::move(options));
  std::future<std::string> digest;
  if (options.digest && !bytes().empty() && !database_) {
    digest = std::async(std::launch::async, [this] { return sha256_hex(bytes()); });
  }
  RawTable table = reader_     ? reader_->read(options)
                   : workbook_ ? read_sheet_text(options)
                               : read_table(text(), where_, options);
  if (digest.valid()) table.digest = digest.get();
  table.warnings.insert(table.warnings.begin(), warnings_.begin(), warnings_.end());
  add_partition(partition_, table);
  return table;
}

/// It may be the wrong sheet.
std::string TableFile::with_sheets(std::string hint) const {
  for (const Warning& one : warnings_) hint += "; " + one.message + ": " + one.hint;
  return hint;
}

RawTable TableFile::read_sheet_text(const ReadOptions& options) const {
  try {
    return read_csv(text(), where_, options);
  } catch (const NoRowsError& error) {
    throw NoRowsError(error.message, error.where, with_sheets(error.hint));
  } catch (const Error& error) {
    throw Error(error.kind, error.message, error.where, with_sheets(error.hint), error.field);
  }
}

std::unique_ptr<TableParts> TableFile::parts(ReadOptions options, std::size_t part_bytes) const {
  options = with_file_options(std::move(options));
  constexpr std::size_t kBytesPerRow = 64;  // as text, about
  auto parts = reader_ ? reader_->parts(options, part_bytes / kBytesPerRow)
                       : csv_parts(text(), where_, options, part_bytes);
  if (partition_.empty()) return parts;
  return std::make_unique<PartitionParts>(std::move(parts), partition_);
}

RawTable read_table(std::string_view text, std::string where, const ReadOptions& options) {
  return is_json_text(text) ? read_json_table(text, std::move(where), options)
                            : read_csv(text, std::move(where), options);
}

}  // namespace vitrine::data
