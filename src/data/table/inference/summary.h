// A column of a training table, reduced to the counts that decide its kind.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/table/csv.h"
#include "data/table/schema.h"

namespace vitrine::data {

/// How to read the cells of a column.
struct ReadingRules {
  NumberFormat format;
  std::optional<DateFormat> dates;         ///< the column is one of dates
  std::string format_example;              ///< a text that is not written in the usual way
  bool ambiguous = false;                  ///< the format is, and the user did not say
  std::vector<std::string> missing_words;  ///< normalised; mean missing (--missing)
  std::vector<double> missing_numbers;     ///< the same
  std::vector<std::string> present_words;  ///< normalised; do not mean missing (--not-missing)

  bool means_missing(std::string_view text) const;
  /// The number, or the days since 1970, of a cell.
  std::optional<double> value_of(std::string_view text) const;
  /// The same of a cell of the form RawColumn::Form::numbers.
  std::optional<double> value_of(const RawColumn& raw, double number) const;
};

/// Of a column of dates, the numbers are days since 1970.
struct Summary {
  std::size_t rows = 0;
  std::uint64_t missing = 0;
  std::uint64_t numbers = 0;
  std::uint64_t error_words = 0;  ///< words for a missing number, such as #N/A
  std::uint64_t others = 0;       ///< neither missing nor a number nor such a word
  std::vector<double> values;     ///< the numbers of all rows, sorted
  std::size_t distinct_numbers = 0;
  std::vector<double> missing_numbers;      ///< those of the rules that occur
  std::vector<Category> categories;         ///< by value, without missing (dictionary form)
  std::vector<std::string> other_texts;     ///< normalised, without duplicates
  std::vector<std::string> error_texts;     ///< the same, of error_words
  std::vector<std::string> other_examples;  ///< other_texts as written
  std::vector<std::string> error_examples;
  std::vector<std::string> missing_spellings;  ///< (dictionary form)

  double missing_share() const { return static_cast<double>(missing) / static_cast<double>(rows); }
  std::uint64_t present() const { return numbers + error_words + others; }
  bool whole() const;
};

Summary summarise(const RawColumn& raw, std::size_t rows, const ReadingRules& rules);

}  // namespace vitrine::data
