// Loads the readers of table formats that need large libraries, each as a module at the first such
// file: spreadsheets (expat), Parquet and Arrow (Arrow's C++ library).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/table/raw_table.h"
#include "data/table/zip.h"

namespace vitrine::data {

/// A sheet of a workbook as CSV with commas; a line for each row.
struct SheetText {
  std::string csv;
  std::vector<bool> plain_columns;  ///< ReadOptions::plain_columns
  std::vector<Warning> warnings;
};

/// True if a zip file is a workbook: xlsx or ods.
bool is_workbook(const ZipFile& zip);

/// The sheet of this name, or the first one that has cells. Throws Error(bad_input), Error(usage)
/// for an unknown sheet, and Error(failed) if the module can't be loaded. Thread-safe.
SheetText read_sheet(const ZipFile& zip, const std::string& where, const std::string& sheet);

/// True for Parquet and for Arrow's file (Feather) and stream formats, by the first and last bytes.
bool is_columnar(std::string_view bytes);

/// Opens such a file. `bytes` must outlive the reader. Throws as above. Thread-safe.
std::unique_ptr<TableReader> open_columnar(std::string_view bytes, const std::string& where);

/// The functions of the modules.
struct SpreadsheetEntryPoints {
  SheetText (*read_sheet)(const ZipFile& zip, const std::string& where, const std::string& sheet);
};
struct ArrowEntryPoints {
  std::unique_ptr<TableReader> (*open)(std::string_view bytes, const std::string& where);
};

}  // namespace vitrine::data
