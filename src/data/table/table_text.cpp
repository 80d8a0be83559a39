#include "data/table/table_text.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "data/table/arff.h"
#include "data/table/encoding.h"
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
      {"PAR1", "a Parquet file",
       "save it as CSV (pandas: read_parquet(...).to_csv(..., index=False))"},
      {std::string_view("ARROW1\0", 7), "an Arrow file",
       "save it as CSV (pandas: read_feather(...).to_csv(..., index=False))"},
      {"SQLite format 3", "an SQLite database", "export the table as CSV: sqlite3 -header -csv"},
      {"\xD0\xCF\x11\xE0", "an old Excel workbook (xls)", "save the sheet as CSV (UTF-8)"},
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
    if (one.start == "PAR1" && !bytes.ends_with("PAR1")) continue;  // the name of a column
    throw Error(ErrorKind::bad_input, std::string("this is ") + one.name + ", not a text", where,
                one.hint);
  }
}

}  // namespace

TableText::TableText(const std::filesystem::path& path, const TableFileOptions& options)
    : TableText(MappedFile(path), path.string(), options) {}

TableText::TableText(MappedFile file, std::string where, const TableFileOptions& options)
    : options_(options), where_(std::move(where)), file_(std::move(file)) {
  convert();
}

TableText::TableText(std::string bytes, std::string where, const TableFileOptions& options)
    : options_(options), where_(std::move(where)), read_(std::move(bytes)) {
  convert();
}

CsvOptions TableText::csv_options(CsvOptions options) const {
  options.header = options_.header;
  options.strict = options_.strict;
  options.plain_numbers = plain_numbers_;
  return options;
}

void TableText::note(std::string code, std::string message, std::string hint) {
  warn_or_refuse(warnings_, {std::move(code), std::move(message), std::move(hint)}, options_.strict,
                 where_);
}

void TableText::convert() {
  if (const auto compression = compression_of(bytes())) {
    converted_ = unpack(bytes(), *compression, where_);
  }
  refuse_other_formats(text(), where_);
  if (!options_.encoding.empty()) {
    converted_ = to_utf8(text(), options_.encoding, where_);
  } else if (const auto encoding = other_encoding(text())) {
    converted_ = to_utf8(text(), *encoding, where_);
    note("encoding", "the text is not UTF-8 and is read as " + *encoding,
         "if letters are wrong, name the encoding with --encoding");
  }
  if (text().contains('\r') && !text().contains('\n')) {
    if (!converted_) converted_ = std::string(text());
    std::ranges::replace(*converted_, '\r', '\n');
    note("line_ends", "the lines end with CR, as on old Macintosh computers",
         "they are read as lines");
  }
  if (is_arff(text())) {
    converted_ = csv_of_arff(text(), where_);
    plain_numbers_ = true;
  }
}

}  // namespace vitrine::data
