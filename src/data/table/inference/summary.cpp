#include "data/table/inference/summary.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.h"
#include "data/table/value.h"

namespace vitrine::data {
namespace {

/// A different text of a column: its count and its interpretation.
struct DistinctText {
  std::string_view text;
  std::uint64_t count;
  std::optional<double> number;
  bool missing;
};

std::vector<DistinctText> distinct_texts(const RawColumn& raw, const ReadingRules& rules) {
  std::vector<std::uint64_t> counts(raw.texts.size());
  for (const auto code : raw.codes) ++counts[code];
  std::vector<DistinctText> out;
  for (std::size_t i = 0; i < raw.texts.size(); ++i) {
    out.push_back(
        {raw.texts[i], counts[i], rules.value_of(raw.texts[i]), rules.means_missing(raw.texts[i])});
  }
  return out;
}

/// Collects categories. Texts must be added by decreasing count.
class CategoryCounter {
 public:
  void add(const DistinctText& distinct) {
    Category& category = by_spelling_[std::string(trimmed(distinct.text))];
    category.variants.emplace_back(distinct.text);
    category.spelling = trimmed(distinct.text);
    category.count += distinct.count;
  }
  std::vector<Category> take() {
    std::vector<Category> spellings;
    for (auto& [spelling, category] : by_spelling_) spellings.push_back(std::move(category));
    return categories_of_spellings(std::move(spellings));
  }

 private:
  std::map<std::string, Category> by_spelling_;
};

/// Counts cells into a summary.
class Counter {
 public:
  Counter(Summary& summary, const ReadingRules& rules) : summary_(summary), rules_(rules) {}

  void number(double value, std::uint64_t count) {
    if (std::ranges::contains(rules_.missing_numbers, value)) {
      summary_.missing += count;
      if (!std::ranges::contains(summary_.missing_numbers, value)) {
        summary_.missing_numbers.push_back(value);
      }
      return;
    }
    summary_.numbers += count;
    summary_.values.insert(summary_.values.end(), count, value);
  }

  /// `text` must outlive the counter.
  void text(std::string_view text, std::uint64_t count) {
    if (is_missing_among_numbers(text)) {
      summary_.error_words += count;
      errors_.push_back(text);
    } else {
      summary_.others += count;
      others_.push_back(text);
    }
  }

  void finish() {
    if (summary_.numbers > 0) {  // else they are categories
      list(others_, summary_.other_texts, summary_.other_examples);
      list(errors_, summary_.error_texts, summary_.error_examples);
    }
    std::ranges::sort(summary_.missing_numbers);
    auto& values = summary_.values;
    std::ranges::sort(values);
    for (std::size_t i = 0; i < values.size(); ++i) {
      summary_.distinct_numbers += i == 0 || values[i] != values[i - 1];
    }
  }

 private:
  static void list(const std::vector<std::string_view>& found, std::vector<std::string>& texts,
                   std::vector<std::string>& examples) {
    std::map<std::string, std::string> written;  // by normalised text
    for (const std::string_view text : found) written.emplace(normalised(text), trimmed(text));
    for (const auto& [text, example] : written) {
      texts.push_back(text);
      examples.push_back(example);
    }
  }

  Summary& summary_;
  const ReadingRules& rules_;
  std::vector<std::string_view> others_;
  std::vector<std::string_view> errors_;
};

void count_texts(const RawColumn& raw, const ReadingRules& rules, Summary& summary,
                 Counter& counter) {
  auto texts = distinct_texts(raw, rules);
  std::ranges::stable_sort(texts, std::ranges::greater{}, &DistinctText::count);
  CategoryCounter categories;
  for (const DistinctText& one : texts) {
    if (one.number && std::ranges::contains(rules.missing_numbers, *one.number)) {
      counter.number(*one.number, one.count);
      continue;
    }
    if (one.missing) {
      summary.missing += one.count;
      summary.missing_spellings.emplace_back(one.text);
      continue;
    }
    if (one.number) {
      counter.number(*one.number, one.count);
    } else {
      counter.text(one.text, one.count);
    }
    categories.add(one);
  }
  summary.categories = categories.take();
}

}  // namespace

bool ReadingRules::means_missing(std::string_view text) const {
  const std::string key = normalised(text);
  if (std::ranges::contains(present_words, key)) return false;
  if (dates && means_no_date(text, *dates)) return true;
  return is_missing(text) || std::ranges::contains(missing_words, key);
}

std::optional<double> ReadingRules::value_of(std::string_view text) const {
  return dates ? parse_days(text, *dates) : parse_number(text, format);
}

std::optional<double> ReadingRules::value_of(const RawColumn& raw, double number) const {
  return dates && !raw.dates ? days_of_number(number, *dates) : number;
}

bool Summary::whole() const {
  return std::ranges::all_of(values, [](double v) { return v == std::floor(v); });
}

Summary summarise(const RawColumn& raw, std::size_t rows, const ReadingRules& rules) {
  Summary summary;
  summary.rows = rows;
  Counter counter(summary, rules);
  switch (raw.form) {
    case RawColumn::Form::dictionary:
      count_texts(raw, rules, summary, counter);
      break;
    case RawColumn::Form::numbers:
      for (const double number : raw.numbers) {
        if (std::isnan(number)) continue;
        if (const auto value = rules.value_of(raw, number)) {
          counter.number(*value, 1);
        } else {
          counter.text(number_text(number), 1);
        }
      }
      for (const auto& stray : raw.strays) {
        if (rules.means_missing(stray.text)) {
          ++summary.missing;
        } else {
          counter.text(stray.text, 1);
        }
      }
      break;
    case RawColumn::Form::free_text:
      break;
  }
  counter.finish();
  return summary;
}

}  // namespace vitrine::data
