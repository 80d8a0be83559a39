// How the cells of each column are to be read: the formats of numbers, words for missing values.
#include <algorithm>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "data/table/inference/inference.h"
#include "data/table/value.h"

namespace vitrine::data {
namespace {

/// The columns and the word of `WORD` or `COLUMN=WORD`.
struct ForColumn {
  const RawColumn* column = nullptr;  ///< null: all columns
  std::string word;
};

ForColumn for_column(const RawTable& raw, const std::string& text, std::string_view option) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) return {nullptr, text};
  return {&column_of_option(raw, text.substr(0, equals), option), text.substr(equals + 1)};
}

void add_words(const RawTable& raw, const SchemaOptions& options,
               std::vector<ReadingRules>& rules) {
  const auto each = [&](const std::vector<std::string>& texts, const std::string& option,
                        auto add) {
    for (const std::string& text : texts) {
      const ForColumn one = for_column(raw, text, option);
      for (std::size_t i = 0; i < rules.size(); ++i) {
        if (one.column == nullptr || one.column == &raw.columns[i]) add(rules[i], one.word);
      }
    }
  };
  each(options.missing, "--missing", [](ReadingRules& rule, const std::string& word) {
    rule.missing_words.push_back(normalised(word));
    if (const auto number = rule.value_of(word)) {
      rule.missing_numbers.push_back(*number);
    }
  });
  each(options.not_missing, "--not-missing", [](ReadingRules& rule, const std::string& word) {
    rule.present_words.push_back(normalised(word));
  });
}

using ColumnTexts = std::vector<std::vector<CountedText>>;  ///< present_texts() of each column

/// The dates of each column. One in which the day or the month may be first follows the user, else
/// the columns that show it, if they agree; else the day is first.
std::vector<std::optional<ColumnDates>> find_column_dates(const RawTable& raw,
                                                          const RawColumn* target,
                                                          const ColumnTexts& texts,
                                                          std::optional<DateOrder> asked) {
  std::vector<std::optional<ColumnDates>> out(raw.columns.size());
  const auto find = [&](std::size_t i, std::optional<DateOrder> preferred) {
    const RawColumn& column = raw.columns[i];
    if (&column == target || column.form == RawColumn::Form::free_text) return;
    out[i] = find_dates(column, texts[i], preferred);
  };
  parallel_for(out.size(), [&](std::size_t i) { find(i, asked); });
  std::optional<DateOrder> shown = asked;
  bool agree = true;
  for (const auto& one : out) {
    if (!one || !one->shows_order) continue;
    agree = agree && (!shown || *shown == one->format.order);
    if (!shown) shown = one->format.order;
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!out[i] || !out[i]->ambiguous || !shown || !agree) continue;
    find(i, shown);
    out[i]->ambiguous = false;
  }
  return out;
}

}  // namespace

std::vector<CountedText> present_texts(const RawColumn& column) {
  std::vector<CountedText> texts;
  for (const std::string& text : column.texts) texts.push_back({text, 0});
  for (const auto code : column.codes) ++texts[code].rows;
  std::erase_if(texts, [](const CountedText& one) {
    return is_missing(one.text) || is_missing_among_numbers(one.text);
  });
  return texts;
}

const RawColumn& column_of_option(const RawTable& raw, const std::string& name,
                                  std::string_view option) {
  if (const RawColumn* column = raw.find(name)) return *column;
  std::vector<std::string> alike;
  for (const RawColumn& column : raw.columns) {
    if (normalised(column.name) == normalised(name)) alike.push_back("'" + column.name + "'");
  }
  if (!alike.empty()) {
    throw Error(ErrorKind::usage,
                "'" + shown(name) + "' may be any of the columns " + listed(alike),
                std::string(option), "write the name as it is in the table");
  }
  throw Error(ErrorKind::usage, "there is no column '" + shown(name) + "'", raw.where,
              did_you_mean(name, raw.names()) + "its columns are " + listed(raw.names(), 30));
}

std::vector<ReadingRules> find_rules(const RawTable& raw, const SchemaOptions& options) {
  const RawColumn* target = options.target.empty() ? nullptr : raw.find(options.target);
  ColumnTexts texts(raw.columns.size());
  parallel_for(texts.size(), [&](std::size_t i) { texts[i] = present_texts(raw.columns[i]); });
  auto dates = find_column_dates(raw, target, texts, options.date_order);
  const auto find = [&](std::size_t i, char decimal) -> FoundFormat {
    const RawColumn& column = raw.columns[i];
    if (column.plain_numbers || dates[i]) return {};
    if (column.form == RawColumn::Form::dictionary) {
      return find_number_format(texts[i], decimal);
    }
    return {.format = column.format, .shows_decimal = !column.format.plain};
  };
  auto found = find_number_formats(raw.columns.size(), find, options.decimal, raw.separator);
  std::vector<ReadingRules> rules(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (dates[i]) {
      rules[i].dates = dates[i]->format;
      rules[i].format_example = std::move(dates[i]->example);
      rules[i].ambiguous = dates[i]->ambiguous;
      continue;
    }
    rules[i].format = std::move(found[i].format);
    rules[i].format_example = std::move(found[i].example);
    rules[i].ambiguous = found[i].ambiguous && !options.decimal;
  }
  add_words(raw, options, rules);
  return rules;
}

}  // namespace vitrine::data
