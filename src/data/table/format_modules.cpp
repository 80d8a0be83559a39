#include "data/table/format_modules.h"

#include <algorithm>

#include "base/error.h"
#include "base/module.h"
#include "data/table/table_name.h"

namespace vitrine::data {
namespace {

/// Loads a module. If it is not installed, the error says what to do with the file.
template <typename EntryPoints>
const EntryPoints& load(const char* name, const char* part, const char* package,
                        const std::string& where) {
  try {
    return load_module<EntryPoints>(name, part);
  } catch (const Error& error) {
    throw Error(error.kind, error.message, where,
                std::string("install the Debian package ") + package +
                    ", or save the table as CSV (" + error.where + ")");
  }
}

}  // namespace

bool is_workbook(const ZipFile& zip) {
  const auto of_excel = [](const ZipFile::Entry& one) { return one.name.starts_with("xl/"); };
  return (zip.find("[Content_Types].xml") != nullptr &&
          std::ranges::any_of(zip.entries(), of_excel)) ||
         (zip.find("content.xml") != nullptr && zip.find("mimetype") != nullptr &&
          zip.read(*zip.find("mimetype"), 1000).contains("spreadsheet"));
}

SheetText read_sheet(const ZipFile& zip, const std::string& where, const std::string& sheet) {
  return load<SpreadsheetEntryPoints>("spreadsheet", "the reader of spreadsheets", "vitrine", where)
      .read_sheet(zip, where, sheet);
}

bool is_columnar(std::string_view bytes) {
  using namespace std::string_view_literals;
  return (bytes.starts_with("PAR1") && bytes.ends_with("PAR1")) ||
         bytes.starts_with("ARROW1\0"sv) || bytes.starts_with("\xFF\xFF\xFF\xFF"sv);
}

std::unique_ptr<TableReader> open_columnar(std::string_view bytes, const std::string& where) {
  return load<ArrowEntryPoints>("arrow", "the reader of Parquet and Arrow files", "vitrine-arrow",
                                where)
      .open(bytes, where);
}

bool is_sqlite(std::string_view bytes) { return bytes.starts_with("SQLite format 3"); }

std::unique_ptr<TableReader> open_database(const std::string& address,
                                           const DatabaseSelection& selection) {
  return load<DatabaseEntryPoints>("database", "the reader of databases", "vitrine",
                                   without_password(address))
      .open(address, selection);
}

void write_database(const std::string& address, const RowsToWrite& rows) {
  load<DatabaseEntryPoints>("database", "the reader of databases", "vitrine",
                            without_password(address))
      .write(address, rows);
}

}  // namespace vitrine::data
