// How the cells of each column are to be read: the formats of numbers, words for missing values.
#include <algorithm>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "data/table/inference/inference.h"
#include "data/table/value.h"

namespace vitrine::data {
namespace {

std::vector<CountedText> texts_of(const RawColumn& column) {
  std::vector<CountedText> texts;
  for (const std::string& text : column.texts) texts.push_back({text, 0});
  for (const auto code : column.codes) ++texts[code].rows;
  std::erase_if(texts, [](const CountedText& one) {
    return is_missing(one.text) || is_missing_among_numbers(one.text);
  });
  return texts;
}

Warning format_warning(const RawColumn& column, const FoundFormat& found, bool by_user) {
  const auto number = parse_number(found.example, found.format);
  std::string hint = "predictions accept this format and plain numbers";
  if (found.ambiguous && !by_user) {
    hint = std::string("if the ") + (found.format.decimal == ',' ? "point" : "comma") +
           " is the decimal separator, say so: --decimal " +
           (found.format.decimal == ',' ? "." : ",");
  }
  const std::string example = found.example.empty()
                                  ? " with "
                                  : " written like '" + shown(found.example, 30) + "', read as " +
                                        number_text(number.value_or(0)) + ": ";
  return {"number_format",
          "column '" + column.name + "' holds numbers" + example + describe(found.format), hint};
}

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
    if (const auto number = parse_number(word, rule.format)) {
      rule.missing_numbers.push_back(*number);
    }
  });
  each(options.not_missing, "--not-missing", [](ReadingRules& rule, const std::string& word) {
    rule.present_words.push_back(normalised(word));
  });
}

}  // namespace

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

std::vector<ReadingRules> find_rules(const RawTable& raw, const SchemaOptions& options,
                                     std::vector<Warning>& warnings) {
  std::vector<FoundFormat> found(raw.columns.size());
  const RawColumn* target = options.target.empty() ? nullptr : raw.find(options.target);
  parallel_for(found.size(), [&](std::size_t i) {
    const RawColumn& column = raw.columns[i];
    // Classes are known by their texts.
    if (column.plain_numbers || &column == target) return;
    if (column.form == RawColumn::Form::dictionary) {
      found[i] = find_number_format(texts_of(column));
    } else {
      found[i].format = column.format;
      found[i].shows_decimal = !column.format.plain;
    }
  });
  const char decimal = options.decimal.value_or(decimal_of(found, raw.separator));
  std::vector<ReadingRules> rules(raw.columns.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const RawColumn& column = raw.columns[i];
    if (found[i].ambiguous && column.form == RawColumn::Form::dictionary) {
      found[i] = find_number_format(texts_of(column), decimal);
    }
    rules[i].format = found[i].format;
    if (!found[i].format.plain && is_number(summarise(column, raw.rows, rules[i]), column)) {
      warnings.push_back(format_warning(column, found[i], options.decimal.has_value()));
    }
  }
  add_words(raw, options, rules);
  return rules;
}

}  // namespace vitrine::data
