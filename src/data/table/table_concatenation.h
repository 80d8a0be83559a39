// Several tables, one below the other, as one.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/table/column_builder.h"
#include "data/table/format_agreement.h"
#include "data/table/raw_table.h"
#include "data/table/text_arena.h"

namespace vitrine::data {

/// Appends tables to each other by the names of their columns: the result is that of one file with
/// all rows. The order of the columns is that of the first table, and new ones come last. A column
/// that a table lacks is missing in its rows, with a warning; a table without names has those of
/// the first one, if it has as many columns. Not thread-safe.
class TableConcatenation {
 public:
  /// `options`: how the tables are read.
  explicit TableConcatenation(ReadOptions options) : options_(std::move(options)) {}

  /// How the next table must be read.
  ReadOptions next_options() const;

  /// Throws Error(bad_input) for a table that shares fewer than half of its columns with the
  /// others, or writes the numbers or dates of one otherwise.
  void add(RawTable&& table);

  /// True as long as no table was added.
  bool empty() const { return table_.pieces.empty(); }

  /// `what` names all tables in messages. Throws Error(bad_input) if they are not as they should
  /// be and the options are strict.
  RawTable finish(const std::string& what) &&;

 private:
  struct Column {
    std::string name;
    bool unnamed = false;
    bool plain_numbers = true;
    bool keep_texts = false;
    std::string unreadable;
    ColumnBuilder builder;
    FormatAgreement formats;
    std::size_t rows = 0;
    std::vector<std::string> lacking;  ///< the tables without it
  };
  struct Notice {
    Warning warning;
    std::size_t others = 0;  ///< further tables with a warning of this code
  };

  std::optional<std::size_t> place_of(const std::string& name) const;
  std::vector<std::size_t> places_of(const RawTable& table);
  std::size_t new_column(const RawColumn& column);
  void append(const RawColumn& column, const ShownFormats& shown, const std::string& where,
              Column& out);
  void note(const RawTable& table);
  void place_rows(const RawTable& table);

  ReadOptions options_;
  std::deque<Column> columns_;
  std::unordered_map<std::string, std::size_t> exact_places_;  ///< in columns_, by name
  /// By normalised name; kSeveral for one of several columns.
  std::unordered_map<std::string, std::size_t> loose_places_;
  TextArena texts_;
  RawTable table_;
  std::vector<Notice> notices_;
};

}  // namespace vitrine::data
