#include "data/table/column_builder.h"

#include <limits>
#include <optional>
#include <utility>

#include "data/table/text_model.h"
#include "data/table/value.h"

namespace vitrine::data {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

}  // namespace

void ColumnBuilder::expect_numbers(const NumberFormat& format,
                                   const std::optional<DateFormat>& dates) {
  form_ = RawColumn::Form::numbers;
  set_format(format, dates);
}

void ColumnBuilder::add_coded(std::span<const CellText> texts, std::span<const std::int64_t> places,
                              bool keep_all_text) {
  const CellText none("");
  const auto cell = [&](std::int64_t place) -> const CellText& {
    return place < 0 ? none : texts[static_cast<std::size_t>(place)];
  };
  if (form_ != RawColumn::Form::dictionary) {
    for (const std::int64_t place : places) add(cell(place), keep_all_text);
    return;
  }
  constexpr std::uint32_t kUnknown = ~0U;
  std::vector<std::uint32_t> codes(texts.size() + 1, kUnknown);  // the last one is of no text
  const std::size_t first = codes_.size();
  codes_.resize(first + places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    const std::int64_t place = places[i];
    std::uint32_t& code = place < 0 ? codes.back() : codes[static_cast<std::size_t>(place)];
    if (code == kUnknown) code = dictionary_.code_of(cell(place));
    codes_[first + i] = code;
  }
  if (dictionary_.size() > kMaxDistinct) overflow(keep_all_text);
}

void ColumnBuilder::append(ColumnBuilder&& part, bool keep_all_text) {
  Rows rows{part.form_, {}, part.codes_, part.numbers_, part.strays_};
  for (std::size_t i = 0; i < part.dictionary_.size(); ++i) {
    rows.texts.push_back(part.dictionary_.text(i));
  }
  append(rows, nullptr, keep_all_text);
}

void ColumnBuilder::append(const RawColumn& column, TextArena& arena, bool keep_all_text) {
  Rows rows{column.form, {}, column.codes, column.numbers, column.strays, column.plain_numbers};
  rows.texts.assign(column.texts.begin(), column.texts.end());
  append(rows, &arena, keep_all_text);
}

void ColumnBuilder::append(const Rows& rows, TextArena* arena, bool keep_all_text) {
  if (rows.form == RawColumn::Form::free_text) become_free_text();
  if (rows.form == RawColumn::Form::numbers && form_ == RawColumn::Form::dictionary) {
    become_numbers();
  }
  if (form_ == RawColumn::Form::free_text) return;
  if (rows.form == RawColumn::Form::numbers) return add_numbers(rows.numbers, rows.strays);
  if (form_ == RawColumn::Form::numbers) {
    std::vector<std::optional<double>> values;
    for (const std::string_view text : rows.texts) {
      values.push_back(rows.plain_numbers && !dates_ ? parse_number(text) : parse(text));
    }
    for (const std::uint32_t code : rows.codes) add_number(values[code], rows.texts[code]);
    return;
  }
  std::vector<std::uint32_t> translated;
  for (const std::string_view text : rows.texts) {
    if (arena == nullptr) {
      translated.push_back(dictionary_.code_of({text}));
      continue;
    }
    const std::size_t before = dictionary_.size();
    const std::string_view copy = arena->add(text);
    translated.push_back(dictionary_.code_of({copy}));
    if (dictionary_.size() == before) arena->take_back(copy);
  }
  for (const std::uint32_t code : rows.codes) codes_.push_back(translated[code]);
  if (dictionary_.size() > kMaxDistinct) overflow(keep_all_text);
}

void ColumnBuilder::add_numbers(std::span<const double> numbers,
                                std::span<const RawColumn::Stray> strays) {
  const std::size_t first = numbers_.size();
  numbers_.insert(numbers_.end(), numbers.begin(), numbers.end());
  for (const RawColumn::Stray& stray : strays) strays_.push_back({first + stray.row, stray.text});
}

void ColumnBuilder::reserve(std::size_t rows) {
  if (form_ == RawColumn::Form::dictionary) codes_.reserve(rows);
  if (form_ == RawColumn::Form::numbers) numbers_.reserve(rows);
}

RawColumn ColumnBuilder::finish(std::string name) && {
  RawColumn column;
  column.name = std::move(name);
  column.form = form_;
  column.format = std::move(format_);
  if (form_ == RawColumn::Form::numbers) column.dates = dates_;
  for (std::size_t i = 0; i < dictionary_.size(); ++i) {
    column.texts.emplace_back(dictionary_.text(i));
  }
  column.codes = std::move(codes_);
  column.numbers = std::move(numbers_);
  column.strays = std::move(strays_);
  return column;
}

std::optional<double> ColumnBuilder::parse(std::string_view cell) const {
  return dates_ ? parse_days(cell, *dates_) : parse_number(cell, format_);
}

void ColumnBuilder::find_format() {
  std::vector<CountedText> texts;
  for (std::size_t i = 0; i < dictionary_.size(); ++i) texts.push_back({dictionary_.text(i)});
  FoundFormat numbers = find_number_format(texts, preferred_decimal_);
  if (numbers.rows * 2 >= texts.size()) {
    format_ = std::move(numbers.format);
    return;
  }
  const FoundDates found = find_date_order(texts, preferred_order_);
  if (found.rows * 2 >= texts.size()) dates_ = DateFormat{.order = found.order};
}

void ColumnBuilder::add_number(std::optional<double> number, std::string_view cell) {
  if (!number) strays_.push_back({numbers_.size(), std::string(cell)});
  numbers_.push_back(number.value_or(kNaN));
}

bool ColumnBuilder::mostly_numbers() const {
  std::size_t numbers = 0;
  for (std::size_t i = 0; i < dictionary_.size(); ++i) {
    numbers += parse(dictionary_.text(i)).has_value() ? 1 : 0;
  }
  return numbers * 2 >= dictionary_.size();
}

void ColumnBuilder::overflow(bool keep_all_text) {
  if (stays_dictionary_) return;
  if (detects_format_ && !mostly_numbers()) find_format();
  if (mostly_numbers()) {
    become_numbers();
  } else if (!keep_all_text) {
    mostly_sentences() ? stay_dictionary() : become_free_text();
  }
}

bool ColumnBuilder::mostly_sentences() const {
  double words = 0;
  for (std::size_t i = 0; i < dictionary_.size(); ++i) {
    words += static_cast<double>(count_words(dictionary_.text(i)));
  }
  return words >= kFewestWords * static_cast<double>(dictionary_.size());
}

void ColumnBuilder::become_numbers() {
  form_ = RawColumn::Form::numbers;
  std::vector<std::optional<double>> values(dictionary_.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = parse(dictionary_.text(i));
  }
  numbers_.reserve(codes_.size());
  for (const std::uint32_t code : codes_) add_number(values[code], dictionary_.text(code));
  drop_dictionary();
}

void ColumnBuilder::become_free_text() {
  form_ = RawColumn::Form::free_text;
  drop_dictionary();
  numbers_ = {};
  strays_ = {};
}

void ColumnBuilder::drop_dictionary() {
  dictionary_ = {};
  codes_ = {};
}

}  // namespace vitrine::data
