// Collects the cells of one column while a table is read.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/table/cell_dictionary.h"
#include "data/table/raw_table.h"
#include "data/table/text_arena.h"

namespace vitrine::data {

/// A column under construction: some of the rows, in one of the forms of RawColumn. It starts as a
/// dictionary and changes its form when there are more than kMaxDistinct different texts, unless
/// most are sentences (kFewestWords). Texts are views; the caller keeps the bytes alive. Not
/// thread-safe.
class ColumnBuilder {
 public:
  /// Skips all cells.
  void ignore() { form_ = RawColumn::Form::free_text; }
  /// Reads all cells as numbers of this format, or as dates.
  void expect_numbers(const NumberFormat& format, const std::optional<DateFormat>& dates);
  /// The format of the numbers, or of dates, should the column become one of numbers.
  void set_format(const NumberFormat& format, const std::optional<DateFormat>& dates) {
    format_ = format;
    dates_ = dates;
  }
  /// Finds the format of numbers or dates in the cells, should the column become one of numbers.
  /// `decimal`, `order`: of those that may have either; 0 and nullopt: not known.
  void detect_format(char decimal, std::optional<DateOrder> order) {
    detects_format_ = true;
    preferred_decimal_ = decimal;
    preferred_order_ = order;
  }

  /// The column stays a dictionary, however many different texts it has.
  void stay_dictionary() { stays_dictionary_ = true; }

  /// With `keep_all_text` a column of many different texts does not become free text.
  void add(const CellText& cell, bool keep_all_text) {
    switch (form_) {
      case RawColumn::Form::dictionary:
        codes_.push_back(dictionary_.code_of(cell));
        if (dictionary_.size() > kMaxDistinct) overflow(keep_all_text);
        break;
      case RawColumn::Form::numbers:
        add_number(parse(cell.text), cell.text);
        break;
      case RawColumn::Form::free_text:
        break;
    }
  }

  /// The same for a text that does not last: one that is new is copied to `arena`, which must
  /// outlive the builder.
  void add_copy(std::string_view text, TextArena& arena, bool keep_all_text) {
    const std::size_t before = dictionary_.size();
    const std::string_view copy = arena.add(text);
    add({copy}, keep_all_text);
    if (dictionary_.size() == before) arena.take_back(copy);
  }
  /// Adds a cell for each of `places`: a text of `texts`, or an empty one for a negative place.
  void add_coded(std::span<const CellText> texts, std::span<const std::int64_t> places,
                 bool keep_all_text);

  /// Appends the rows of `part`, which has the same number format. Its form decides: numbers and
  /// free text are never turned back into a dictionary.
  void append(ColumnBuilder&& part, bool keep_all_text);

  /// The same for a column that is complete. Its texts are copied to `arena`, which must outlive
  /// the builder.
  void append(const RawColumn& column, TextArena& arena, bool keep_all_text);

  /// Adds `count` cells without a text.
  void add_empty(std::size_t count, bool keep_all_text) {
    for (std::size_t i = 0; i < count; ++i) add({""}, keep_all_text);
  }

  RawColumn::Form form() const { return form_; }
  /// How the numbers of a column of numbers are read.
  const NumberFormat& number_format() const { return format_; }
  const std::optional<DateFormat>& dates() const { return dates_; }

  void reserve(std::size_t rows);

  RawColumn finish(std::string name) &&;

 private:
  /// Views of some rows of a column. Codes are indices into `texts`.
  struct Rows {
    RawColumn::Form form;
    std::vector<std::string_view> texts;
    std::span<const std::uint32_t> codes;
    std::span<const double> numbers;
    std::span<const RawColumn::Stray> strays;
    bool plain_numbers = false;
  };

  /// Without an arena the texts last.
  void append(const Rows& rows, TextArena* arena, bool keep_all_text);
  std::optional<double> parse(std::string_view cell) const;
  void find_format();
  void add_number(std::optional<double> number, std::string_view cell);
  void add_numbers(std::span<const double> numbers, std::span<const RawColumn::Stray> strays);
  void overflow(bool keep_all_text);
  bool mostly_numbers() const;
  bool mostly_sentences() const;
  void become_numbers();
  void become_free_text();
  void drop_dictionary();

  RawColumn::Form form_ = RawColumn::Form::dictionary;
  NumberFormat format_;
  std::optional<DateFormat> dates_;
  bool stays_dictionary_ = false;
  bool detects_format_ = false;
  char preferred_decimal_ = 0;
  std::optional<DateOrder> preferred_order_;
  CellDictionary dictionary_;
  std::vector<std::uint32_t> codes_;
  std::vector<double> numbers_;
  std::vector<RawColumn::Stray> strays_;
};

}  // namespace vitrine::data
