#include "data/table/raw_table.h"

#include <algorithm>

#include "base/text.h"
#include "data/table/value.h"

namespace vitrine::data {

CsvRowNotes::Count& CsvRowNotes::Count::operator+=(const Count& more) {
  if (more.rows > 0) first = rows == 0 ? more.first : std::min(first, more.first);
  rows += more.rows;
  return *this;
}

CsvRowNotes& CsvRowNotes::operator+=(const CsvRowNotes& more) {
  short_rows += more.short_rows;
  comments += more.comments;
  repeated_headers += more.repeated_headers;
  trailing_separators += more.trailing_separators;
  return *this;
}

const RawColumn* RawTable::find(std::string_view name) const {
  const auto exact = std::ranges::find(columns, trimmed(name), &RawColumn::name);
  if (exact != columns.end()) return &*exact;
  const RawColumn* alike = nullptr;
  const std::string key = normalised(name);
  for (const RawColumn& column : columns) {
    if (normalised(column.name) != key) continue;
    if (alike != nullptr) return nullptr;
    alike = &column;
  }
  return alike;
}

std::vector<std::string> RawTable::names() const {
  std::vector<std::string> names;
  for (const RawColumn& column : columns) names.push_back(column.name);
  return names;
}

std::string no_header_hint(const RawTable& table) {
  if (table.header) return {};
  return "the first line looks like a row, not like the names of columns; add a line with the "
         "names, "
         "or say --header if it has them; ";
}

std::string line_at(std::string_view text, std::size_t offset, std::string_view where) {
  const auto before = text.substr(0, offset);
  return std::string(where) + ", line " +
         std::to_string(1 + std::count(before.begin(), before.end(), '\n'));
}

std::string RawTable::place_of(std::size_t row) const {
  if (!pieces.empty()) {
    const Piece& piece = *(std::ranges::upper_bound(pieces, row, {}, &Piece::first_row) - 1);
    return piece.where + (piece.lines ? ", line " + std::to_string(row_offsets[row])
                                      : ", row " + with_commas(row_offsets[row] + 1));
  }
  return text.empty() ? where + ", row " + with_commas(row_offsets[row] + 1)
                      : line_at(text, row_offsets[row], where);
}

std::string cell_text(const RawColumn& column, std::size_t row) {
  if (column.form == RawColumn::Form::dictionary) return column.texts[column.codes[row]];
  const auto stray = std::ranges::lower_bound(column.strays, row, {}, &RawColumn::Stray::row);
  return stray != column.strays.end() && stray->row == row ? stray->text
                                                           : number_text(column.numbers[row]);
}

}  // namespace vitrine::data
