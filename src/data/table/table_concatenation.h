// Several tables, one below the other, as one.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/table/column_builder.h"
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

  /// How the next table must be read: columns that are numbers already stay numbers.
  ReadOptions next_options() const;

  /// Throws Error(bad_input) for a table that shares fewer than half of its columns with the
  /// others.
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
  void note(const RawTable& table);
  void place_rows(const RawTable& table);

  ReadOptions options_;
  std::deque<Column> columns_;
  TextArena texts_;
  RawTable table_;
  std::vector<Notice> notices_;
};

}  // namespace vitrine::data
