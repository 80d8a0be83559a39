#include "data/table/csv_fields.h"

#include <emmintrin.h>

#include <algorithm>
#include <array>
#include <bit>

#include "base/text.h"
#include "data/table/csv.h"

namespace vitrine::data {

void refuse_csv(const CsvText& input, std::size_t offset, const std::string& message,
                const std::string& hint) {
  throw Error(ErrorKind::bad_input, message, line_at(input.text, offset, input.where), hint);
}

bool is_escaped(std::string_view text, std::size_t at) {
  std::size_t backslashes = 0;
  while (at > backslashes && text[at - backslashes - 1] == '\\') ++backslashes;
  return backslashes % 2 == 1;
}

bool FieldReader::skip_line_end() {
  const std::size_t start = at_;
  if (at_ < end_ && text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') ++at_;
  if (at_ < end_ && text_[at_] == '\n') ++at_;
  return at_ != start;
}

/// A bit mask of the block at `from`: bit i is set if byte i is a separator or a line end. Bytes
/// after the text count as line ends.
std::uint64_t FieldReader::borders_at(std::size_t from) const {
  std::array<char, kBlock> copy;
  const char* bytes = text_.data() + from;
  if (from + kBlock > text_.size()) {
    copy.fill('\n');
    std::ranges::copy(text_.substr(from), copy.begin());
    bytes = copy.data();
  }
  const __m128i separators = _mm_set1_epi8(dialect_.separator);
  const __m128i newlines = _mm_set1_epi8('\n');
  std::uint64_t borders = 0;
  for (std::size_t i = 0; i < kBlock; i += 16) {
    const __m128i part = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + i));
    const int found = _mm_movemask_epi8(
        _mm_or_si128(_mm_cmpeq_epi8(part, separators), _mm_cmpeq_epi8(part, newlines)));
    borders |= std::uint64_t{static_cast<std::uint16_t>(found)} << i;
  }
  return borders;
}

/// The first separator or line end at or after `at_`; `end_` if there is none. The mask of the
/// current block is kept, because a block usually holds several fields.
std::size_t FieldReader::find_border() {
  for (std::size_t from = at_; from < end_; from = block_ + kBlock) {
    const std::size_t block = from / kBlock * kBlock;
    if (block != block_) {
      block_ = block;
      borders_ = borders_at(block);
    }
    const std::uint64_t ahead = borders_ >> (from - block);
    if (ahead != 0) return std::min(end_, from + static_cast<std::size_t>(std::countr_zero(ahead)));
  }
  return end_;
}

void FieldReader::check_length(std::string_view field, std::size_t start) const {
  if (field.size() > kMaxFieldBytes) {
    refuse_csv(input_, start,
               "a field has " + with_commas(field.size()) + " bytes; the limit is " +
                   with_commas(kMaxFieldBytes),
               "check the quotes and line ends around it, or remove the column");
  }
}

CellText FieldReader::quoted(bool& last) {
  const std::size_t open = at_;
  std::size_t start = ++at_;
  std::string* copy = nullptr;
  for (;;) {
    const std::size_t quote = text_.substr(0, end_).find('"', at_);
    if (quote == std::string_view::npos) {
      refuse_csv(input_, open, "a quote is opened and never closed",
                 "close it, or double it if it belongs to the text (\"\")");
    }
    at_ = quote + 1;
    const bool escaped = dialect_.backslash && quote > start && is_escaped(text_, quote);
    const bool doubled = !escaped && at_ < end_ && text_[at_] == '"';
    if (!doubled && !escaped && copy == nullptr) {
      return end_of_quoted(text_.substr(start, quote - start), open, last);
    }
    if (copy == nullptr) copy = &unescaped_.emplace_back();
    copy->append(text_.substr(start, quote - start - (escaped ? 1 : 0)));
    if (!doubled && !escaped) return end_of_quoted(*copy, open, last);
    copy->push_back('"');
    start = escaped ? at_ : ++at_;
  }
}

std::string_view FieldReader::end_of_quoted(std::string_view field, std::size_t open, bool& last) {
  check_length(field, open);
  while (at_ < end_ && (text_[at_] == ' ' || text_[at_] == '\r')) ++at_;
  if (at_ < end_ && text_[at_] != dialect_.separator && text_[at_] != '\n') {
    refuse_csv(input_, open, "a quoted field continues after its closing quote",
               "quote the whole field and double the quotes inside it (\"\")");
  }
  finish_field(last);
  return field;
}

/// A line end inside quotes is not a border, so quotes are followed from `from` on. Quotes open
/// only at the start of a field.
std::size_t next_record(const CsvText& input, const CsvDialect& dialect, std::size_t from,
                        std::size_t target) {
  const std::string_view text = input.text;
  if (!dialect.quotes) {
    const std::size_t newline = text.find('\n', std::max(from, target));
    return newline == std::string_view::npos ? text.size() : newline + 1;
  }
  std::size_t at = from;
  while (at < text.size()) {
    const std::size_t quote = std::min(text.find('"', at), text.size());
    // Every line end between here and the next quote is the end of a record.
    const std::size_t newline = text.substr(0, quote).find('\n', std::max(at, target));
    if (newline != std::string_view::npos) return newline + 1;
    if (quote == text.size()) break;
    const bool opens =
        quote == 0 || text[quote - 1] == dialect.separator || text[quote - 1] == '\n';
    at = quote + 1;
    while (opens) {
      const std::size_t close = text.find('"', at);
      if (close == std::string_view::npos) {
        refuse_csv(input, quote, "a quote is opened and never closed",
                   "close it, or double it if it belongs to the text (\"\")");
      }
      const bool escaped = dialect.backslash && close > quote + 1 && is_escaped(text, close);
      at = close + 1;
      if (escaped) continue;
      if (at >= text.size() || text[at] != '"') break;
      ++at;
    }
  }
  return text.size();
}

}  // namespace vitrine::data
