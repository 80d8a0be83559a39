// The fields and records of delimited text.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "base/error.h"
#include "data/table/cell_dictionary.h"

namespace vitrine::data {

struct CsvText {
  std::string_view text;
  std::string where;
};

/// Throws Error(bad_input) at the line of `offset`.
[[noreturn]] void refuse_csv(const CsvText& input, std::size_t offset, const std::string& message,
                             const std::string& hint);

struct CsvDialect {
  char separator = ',';
  bool quotes = true;      ///< the text has quotes; without them, records are lines
  bool backslash = false;  ///< a quote inside quotes is written `\"`, not `""`
};

/// Reads the fields of a text one after another. Throws Error(bad_input) for an unclosed quote,
/// text behind a closing quote, and a field of more than kMaxFieldBytes. Not thread-safe.
class FieldReader {
 public:
  /// Reads the bytes from `begin` to `end`. `input` must outlive the reader.
  FieldReader(const CsvText& input, const CsvDialect& dialect, std::size_t begin, std::size_t end)
      : input_(input), text_(input.text), dialect_(dialect), at_(begin), end_(end) {}

  bool at_end() const { return at_ >= end_; }
  std::size_t offset() const { return at_; }

  /// Skips one line end; returns false if there is none here.
  bool skip_line_end();

  /// Reads the next field. Sets `last` if the row ends after it; the line end is then skipped.
  CellText next(bool& last) {
    if (at_ < end_ && text_[at_] == '"') return quoted(last);
    const std::size_t start = at_;
    at_ = find_border();
    std::string_view field = text_.substr(start, at_ - start);
    check_length(field, start);
    finish_field(last);
    if (last && field.ends_with('\r')) field.remove_suffix(1);
    return {field, text_.data() + text_.size()};
  }

  /// Storage for fields with escaped quotes, whose text differs from the input.
  std::deque<std::string>& unescaped() { return unescaped_; }

 private:
  static constexpr std::size_t kBlock = 64;

  std::uint64_t borders_at(std::size_t from) const;
  std::size_t find_border();
  void check_length(std::string_view field, std::size_t start) const;
  CellText quoted(bool& last);
  std::string_view end_of_quoted(std::string_view field, std::size_t open, bool& last);
  void finish_field(bool& last) {
    last = at_ >= end_ || text_[at_] == '\n';
    if (at_ < end_) ++at_;
  }

  const CsvText& input_;
  std::string_view text_;
  CsvDialect dialect_;
  std::size_t at_;
  std::size_t end_;
  std::size_t block_ = std::string_view::npos;  ///< the block of `borders_`
  std::uint64_t borders_ = 0;
  std::deque<std::string> unescaped_;
};

/// The start of the next record at or after `target`, given that a record starts at `from`.
std::size_t next_record(const CsvText& input, const CsvDialect& dialect, std::size_t from,
                        std::size_t target);

/// True if the quote at `at` is written `\"`: an odd number of backslashes stands before it.
bool is_escaped(std::string_view text, std::size_t at);

}  // namespace vitrine::data
