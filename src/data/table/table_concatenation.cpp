#include "data/table/table_concatenation.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "data/table/column_reading.h"
#include "data/table/value.h"

namespace vitrine::data {
namespace {

constexpr std::size_t kSeveral = ~std::size_t{0};

}  // namespace

ReadOptions TableConcatenation::next_options() const {
  ReadOptions options = options_;
  for (const Column& column : columns_) {
    if (table_.header) options.names.push_back(column.name);
    options.known_names.push_back(column.name);
  }
  return options;
}

std::size_t TableConcatenation::new_column(const RawColumn& column) {
  const ColumnReading reading = reading_of(column.name, options_);
  Column& fresh = columns_.emplace_back();
  fresh.name = column.name;
  fresh.unnamed = column.unnamed;
  fresh.keep_texts = reading.keep_texts;
  fresh.builder.detect_format(options_.decimal.value_or(0), options_.date_order);
  if (reading.how == ColumnReading::How::skipped) fresh.builder.ignore();
  if (reading.only_texts) fresh.builder.stay_dictionary();
  exact_places_.emplace(fresh.name, columns_.size() - 1);
  const auto [loose, alone] = loose_places_.emplace(normalised(fresh.name), columns_.size() - 1);
  if (!alone) loose->second = kSeveral;
  for (const RawTable::Piece& piece : table_.pieces) fresh.lacking.push_back(piece.where);
  return columns_.size() - 1;
}

/// The place in columns_ of a column; nullopt for a new one.
std::optional<std::size_t> TableConcatenation::place_of(const std::string& name) const {
  if (const auto exact = exact_places_.find(name); exact != exact_places_.end()) {
    return exact->second;
  }
  const auto loose = loose_places_.find(normalised(name));
  if (loose == loose_places_.end() || loose->second == kSeveral) return std::nullopt;
  return loose->second;
}

/// The places in columns_ of the columns of a table; new columns are added.
std::vector<std::size_t> TableConcatenation::places_of(const RawTable& table) {
  std::vector<std::optional<std::size_t>> known;
  std::vector<bool> taken(columns_.size(), false);
  std::size_t shared = 0;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    std::optional<std::size_t> place = place_of(table.columns[i].name);
    if (place && taken[*place]) place.reset();
    if (place) taken[*place] = true;
    shared += place ? 1 : 0;
    known.push_back(place);
  }
  if (!empty() && shared * 2 < std::max(columns_.size(), table.columns.size())) {
    throw Error(ErrorKind::bad_input, "the table has other columns than " + table_.pieces[0].where,
                table.where,
                "name only files of one table; its columns are " + listed(table.names(), 10));
  }
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < known.size(); ++i) {
    places.push_back(known[i] ? *known[i] : new_column(table.columns[i]));
  }
  return places;
}

void TableConcatenation::note(const RawTable& table) {
  for (const Warning& warning : table.warnings) {
    const auto same = std::ranges::find(notices_, warning.code,
                                        [](const Notice& one) { return one.warning.code; });
    if (same != notices_.end()) {
      ++same->others;
      continue;
    }
    notices_.push_back({warning});
    std::string& message = notices_.back().warning.message;
    if (!message.contains(table.where)) message = table.where + ": " + message;
  }
}

/// Adds the places of the rows: lines of a text, or rows of the table.
void TableConcatenation::place_rows(const RawTable& table) {
  table_.pieces.push_back({table.where, !table.text.empty(), table_.rows});
  std::uint64_t line = 1;
  std::uint64_t before = 0;
  for (const std::uint64_t offset : table.row_offsets) {
    if (table.text.empty()) {
      table_.row_offsets.push_back(offset);
      continue;
    }
    if (offset < before) before = 0, line = 1;
    const std::string_view between = table.text.substr(before, offset - before);
    line += static_cast<std::uint64_t>(std::ranges::count(between, '\n'));
    before = offset;
    table_.row_offsets.push_back(line);
  }
}

/// Appends the cells of a table, which its own format reads.
void TableConcatenation::append(const RawColumn& column, const ShownFormats& shown,
                                const std::string& where, Column& out) {
  out.formats.add(shown, out.name, where);
  const bool numbers = out.builder.form() == RawColumn::Form::numbers;
  out.builder.set_format(out.formats.numbers(), out.formats.dates());
  out.builder.append(column, texts_, out.keep_texts);
  if (numbers || out.builder.form() != RawColumn::Form::numbers) return;
  // The cells so far were read in this format: later files must agree with it.
  const NumberFormat& format = out.builder.number_format();
  const bool dates = out.builder.dates().has_value();
  out.formats.add({.numbers = format,
                   .decimal = format.plain || dates ? char{0} : format.decimal,
                   .dates = out.builder.dates()},
                  out.name, where);
}

void TableConcatenation::add(RawTable&& table) {
  const std::vector<std::size_t> places = places_of(table);
  if (table_.pieces.empty()) {
    table_.separator = table.separator;
    table_.header = table.header;
  }
  if (table_.separator != table.separator) table_.separator = 0;
  note(table);
  const std::vector<ShownFormats> shown = shown_formats(table, options_);
  std::vector<bool> present(columns_.size(), false);
  for (std::size_t i = 0; i < places.size(); ++i) {
    const RawColumn& source = table.columns[i];
    Column& column = columns_[places[i]];
    present[places[i]] = true;
    // Cells of earlier tables without the column.
    column.builder.add_empty(table_.rows - column.rows, column.keep_texts);
    column.plain_numbers = column.plain_numbers && source.plain_numbers;
    if (column.unreadable.empty()) column.unreadable = source.unreadable;
    append(source, shown[i], table.where, column);
    column.rows = table_.rows + table.rows;
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (!present[i]) columns_[i].lacking.push_back(table.where);
  }
  place_rows(table);
  table_.rows += table.rows;
}

RawTable TableConcatenation::finish(const std::string& what) && {
  table_.where = what;
  for (Notice& one : notices_) {
    if (one.others > 0) {
      one.warning.message += "; likewise in " + counted(one.others, "other file");
    }
    table_.warnings.push_back(std::move(one.warning));
  }
  for (Column& column : columns_) {
    column.builder.add_empty(table_.rows - column.rows, column.keep_texts);
    table_.columns.push_back(std::move(column.builder).finish(column.name));
    RawColumn& out = table_.columns.back();
    out.unnamed = column.unnamed;
    out.plain_numbers = column.plain_numbers;
    out.unreadable = std::move(column.unreadable);
    if (column.lacking.empty()) continue;
    warn_or_refuse(table_.warnings,
                   {"lacking_column",
                    "column '" + shown(column.name) + "' is missing in " +
                        counted(column.lacking.size(), "file") + " of " +
                        with_commas(table_.pieces.size()) + ": " + listed(column.lacking, 3),
                    "its cells are missing in their rows; check that the files are of one table"},
                   options_.strict, what);
  }
  return std::move(table_);
}

}  // namespace vitrine::data
