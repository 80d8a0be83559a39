// Infers a schema in these steps:
// 1. summarise() reduces a column to the counts that decide its kind: missing cells, numbers, other
//    texts, different values, categories.
// 2. reason_to_drop() finds columns without use: identifiers, constants, free text, empty ones.
// 3. infer_columns() turns each other column into a number (fill_number) or a category
//    (fill_categories), in parallel. Before that, treat_strays() and treat_sentinel() turn texts
//    among numbers, and numbers such as 9999, into missing values; origin_of() finds an origin for
//    numbers that are equal as floats.
// 4. infer_target() checks the target, leaves out classes of one or two rows, and chooses the
//    positive class of two (order_classes).
// 5. find_codes() turns number columns that are codes, not amounts, into categories: a
//    likelihood-ratio test compares one rate per value with a logistic curve.
// Each assumption adds a warning that names the option to override it.
#include "data/table/schema_inference.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <set>

#include "base/error.h"
#include "base/parallel.h"
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

std::vector<DistinctText> distinct_texts(const RawColumn& raw) {
  std::vector<std::uint64_t> counts(raw.texts.size());
  for (const auto code : raw.codes) ++counts[code];
  std::vector<DistinctText> out;
  for (std::size_t i = 0; i < raw.texts.size(); ++i) {
    out.push_back({raw.texts[i], counts[i], parse_number(raw.texts[i]), is_missing(raw.texts[i])});
  }
  return out;
}

/// The counts that decide the kind of a column, for any form of RawColumn.
struct Summary {
  std::size_t rows = 0;
  std::uint64_t missing = 0;
  std::uint64_t numbers = 0;
  std::uint64_t others = 0;    ///< neither missing nor a number
  std::vector<double> values;  ///< the numbers of all rows, sorted
  std::size_t distinct_numbers = 0;
  std::vector<Category> categories;            ///< by value (dictionary form)
  std::vector<std::string> other_texts;        ///< normalised, without duplicates
  std::vector<std::string> missing_spellings;  ///< (dictionary form)

  double missing_share() const { return static_cast<double>(missing) / static_cast<double>(rows); }
  std::uint64_t present() const { return numbers + others; }
  bool whole() const {
    return std::ranges::all_of(values, [](double v) { return v == std::floor(v); });
  }
};

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

Summary summarise(const RawColumn& raw, std::size_t rows) {
  Summary summary;
  summary.rows = rows;
  std::set<std::string> others;
  if (raw.form == RawColumn::Form::dictionary) {
    auto texts = distinct_texts(raw);
    std::ranges::stable_sort(texts, std::ranges::greater{}, &DistinctText::count);
    CategoryCounter categories;
    for (const DistinctText& one : texts) {
      (one.missing ? summary.missing : one.number ? summary.numbers : summary.others) += one.count;
      if (!one.missing) categories.add(one);
      if (one.missing) summary.missing_spellings.emplace_back(one.text);
      if (one.number) summary.values.insert(summary.values.end(), one.count, *one.number);
      if (!one.missing && !one.number) others.insert(normalised(one.text));
    }
    summary.categories = categories.take();
  } else if (raw.form == RawColumn::Form::numbers) {
    for (const double value : raw.numbers) {
      if (!std::isnan(value)) summary.values.push_back(value);
    }
    summary.numbers = summary.values.size();
    for (const auto& stray : raw.strays) {
      if (is_missing(stray.text)) {
        ++summary.missing;
      } else {
        ++summary.others;
        others.insert(normalised(stray.text));
      }
    }
  }
  summary.other_texts.assign(others.begin(), others.end());
  std::ranges::sort(summary.values);
  for (std::size_t i = 0; i < summary.values.size(); ++i) {
    summary.distinct_numbers += i == 0 || summary.values[i] != summary.values[i - 1];
  }
  return summary;
}

/// The number that stands for "not known", such as 9999, -999 or 99999999: the largest or smallest
/// value, if it has at least three digits, all nines, occurs three times, and its magnitude is at
/// least ten times that of all other values.
std::optional<double> sentinel(const Summary& summary) {
  const auto all_nines = [](double value) {
    if (std::abs(value) >= 1e12) return false;
    const std::string exact = std::to_string(static_cast<long long>(std::abs(value)));
    return value == std::floor(value) && exact.size() >= 3 &&
           exact.find_first_not_of('9') == std::string::npos;
  };
  const auto& values = summary.values;
  if (values.empty() || summary.distinct_numbers < 3) return std::nullopt;
  for (const double candidate : {values.back(), values.front()}) {
    if (!all_nines(candidate)) continue;
    const auto is_candidate = [candidate](double v) { return v == candidate; };
    const auto times = std::ranges::count_if(values, is_candidate);
    double largest = 0;
    for (const double value : values) {
      if (value != candidate) largest = std::max(largest, std::abs(value));
    }
    if (std::abs(candidate) >= 10 * largest && times >= 3) return candidate;
  }
  return std::nullopt;
}

bool looks_like_row_number(const Summary& summary, const std::string& key) {
  const auto& values = summary.values;
  if (values.size() < 20 || summary.distinct_numbers != values.size() || !summary.whole()) {
    return false;
  }
  const bool consecutive = values.back() - values.front() + 1 == static_cast<double>(values.size());
  const bool named_so = key == "id" || key.ends_with("_id") || key.ends_with("id_number") ||
                        key.ends_with("uuid") || key == "index" || key == "row";
  return consecutive || named_so;
}

/// The number of different floats among the sorted values after `origin` is subtracted.
std::size_t distinct_features(const std::vector<double>& sorted, double origin) {
  std::size_t distinct = 0;
  float last = std::numeric_limits<float>::quiet_NaN();
  for (const double value : sorted) {
    const auto feature = static_cast<float>(value - origin);
    distinct += feature == last ? 0 : 1;
    last = feature;
  }
  return distinct;
}

/// True if at least 1 % of the different values are lost.
bool matters(std::size_t lost, std::size_t distinct) { return lost > 0 && lost * 100 >= distinct; }

/// The origin of a column whose different values would be equal as floats: large numbers that lie
/// close together. It is the median of the values that floats merge, not of all values: a column
/// may hold many small numbers besides. nullopt for other columns, and if the origin separates
/// less than half of them; a warning then tells how many values are lost.
std::optional<double> origin_of(const std::vector<double>& sorted, const std::string& name,
                                std::vector<Warning>& warnings) {
  std::vector<double> different;
  std::ranges::unique_copy(sorted, std::back_inserter(different));
  const std::size_t lost = different.size() - distinct_features(different, 0);
  if (!matters(lost, different.size())) return std::nullopt;
  std::vector<double> merged;  // with a neighbour
  for (std::size_t i = 0; i < different.size(); ++i) {
    const auto same = [&](std::size_t other) {
      return static_cast<float>(different[i]) == static_cast<float>(different[other]);
    };
    if ((i > 0 && same(i - 1)) || (i + 1 < different.size() && same(i + 1))) {
      merged.push_back(different[i]);
    }
  }
  const double median = merged[merged.size() / 2];
  const std::size_t still_lost = different.size() - distinct_features(different, median);
  if (matters(still_lost, different.size())) {
    warnings.push_back(
        {"digits_lost",
         "column '" + name + "': " + with_commas(std::min(lost, still_lost)) + " of " +
             with_commas(different.size()) +
             " different numbers become equal as 32-bit floats, with which models compute",
         "if the last digits matter, put them into a separate column; if the numbers are "
         "identifiers, treat them as categories (--category)"});
  }
  return still_lost * 2 > lost ? std::nullopt : std::optional(median);
}

void fill_number(Column& column, const Summary& summary, std::vector<Warning>& warnings) {
  column.kind = ColumnKind::number;
  const auto& values = summary.values;
  for (int tenth = 0; tenth <= 10; ++tenth) {
    const double at = static_cast<double>(values.size() - 1) * tenth / 10.0;
    column.quantiles.push_back(values[static_cast<std::size_t>(std::llround(at))]);
  }
  long double sum = 0;
  for (const double value : values) sum += value;
  column.mean = static_cast<double>(sum / static_cast<long double>(values.size()));
  column.whole_numbers = summary.whole();
  column.origin = origin_of(values, column.name, warnings);
}

/// Warns of spellings that differ only in case or blanks; they are separate categories.
void warn_of_spellings(const std::string& what, const std::vector<Category>& categories,
                       std::vector<Warning>& warnings) {
  std::vector<std::string> spellings;
  for (const Category& one : categories) {
    if (one.exact) spellings.push_back("'" + shown(one.spelling, 30) + "'");
  }
  if (spellings.empty()) return;
  warnings.push_back({"spelling",
                      what + " has values that differ only in case or blanks (" +
                          listed(spellings, 6) + "); they are kept separate",
                      "if they mean the same, use one spelling and train again"});
}

void fill_categories(Column& column, Summary& summary, std::vector<Warning>& warnings) {
  column.kind = ColumnKind::category;
  column.missing_spellings = summary.missing_spellings;
  std::vector<Category> kept = std::move(summary.categories);
  warn_of_spellings("column '" + column.name + "'", kept, warnings);
  if (kept.size() > kMaxCategories) {
    std::ranges::stable_sort(kept, std::ranges::greater{}, &Category::count);
    for (std::size_t i = kMaxCategories; i < kept.size(); ++i) column.rare_rows += kept[i].count;
    warnings.push_back({"many_categories",
                        "column '" + column.name + "' has " + with_commas(kept.size()) +
                            " different values; the " + with_commas(kMaxCategories) +
                            " most frequent ones are kept",
                        "group the rest, or leave the column out (--drop)"});
    kept.resize(kMaxCategories);
    std::ranges::sort(kept, {}, &Category::value);
  }
  column.categories = std::move(kept);
}

bool contains_name(const std::vector<std::string>& names, const std::string& key) {
  return std::ranges::any_of(names, [&](const auto& name) { return normalised(name) == key; });
}

bool mostly_decimal_commas(const Summary& summary) {
  std::size_t numbers = 0;
  for (std::string text : summary.other_texts) {
    std::ranges::replace(text, ',', '.');
    numbers += parse_number(text).has_value() ? 1 : 0;
  }
  return numbers > 2 && numbers * 10 >= 9 * summary.other_texts.size();
}

/// The reason to drop a column, or an empty text.
std::string reason_to_drop(const RawColumn& raw, const Summary& summary, const std::string& key) {
  if (raw.form == RawColumn::Form::free_text) {
    return "identifier or free text: more than " + with_commas(kMaxDistinct) + " different values";
  }
  if (summary.present() == 0) return "empty: no row has a value";
  const bool number =
      static_cast<double>(summary.numbers) >= kNumberShare * static_cast<double>(summary.present());
  if (!number && mostly_decimal_commas(summary)) {
    return "numbers with a decimal comma: write 1.5, not 1,5";
  }
  const std::size_t distinct = number ? summary.distinct_numbers : summary.categories.size();
  if (distinct == 1 && summary.missing == 0) return "constant: every row has the same value";
  if (number) {
    return looks_like_row_number(summary, key) ? "identifier: a different whole number in each row"
                                               : "";
  }
  if (distinct > 20 &&
      static_cast<double>(distinct) > kIdentifierShare * static_cast<double>(summary.present())) {
    return "identifier or free text: " + with_commas(distinct) + " different values in " +
           counted(summary.present(), "row");
  }
  return raw.form == RawColumn::Form::numbers
             ? "neither numbers nor categories: numbers and text mixed"
             : "";
}

void treat_strays(Column& column, const Summary& summary, std::vector<Warning>& warnings) {
  if (summary.others == 0) return;
  column.missing_words = summary.other_texts;
  std::vector<std::string> shown_words;
  for (const auto& word : summary.other_texts) shown_words.push_back("'" + shown(word, 30) + "'");
  warnings.push_back({"text_among_numbers",
                      "column '" + column.name + "' holds numbers, but " +
                          counted(summary.others, "row") + " with text (" + listed(shown_words, 5) +
                          ") are treated as missing",
                      "fix them, or treat the column as categories (--category)"});
}

void treat_sentinel(Column& column, Summary& summary, std::vector<Warning>& warnings) {
  const auto number = sentinel(summary);
  if (!number) return;
  const auto before = summary.values.size();
  std::erase(summary.values, *number);
  const auto times = before - summary.values.size();
  summary.missing += times;
  summary.numbers -= times;
  column.missing_number = number;
  warnings.push_back(
      {"number_for_missing",
       "column '" + column.name + "': " + std::to_string(static_cast<long long>(*number)) + " in " +
           counted(times, "row") + " is far beyond all other values and is treated as missing",
       "if it is a real value, keep it with --keep '" + column.name + "'"});
}

}  // namespace

TableSchema infer_columns(const RawTable& raw, const SchemaOptions& options,
                          std::vector<Warning>& warnings) {
  for (const auto* names : {&options.drop, &options.keep, &options.category}) {
    for (const std::string& name : *names) {
      if (raw.find(normalised(name)) != nullptr) continue;
      throw Error(ErrorKind::usage, "there is no column '" + shown(name) + "'", raw.where,
                  did_you_mean(name, raw.names()) + "its columns are " + listed(raw.names(), 30));
    }
  }
  const std::string target = normalised(options.target);
  if (!target.empty() && contains_name(options.drop, target)) {
    throw Error(ErrorKind::usage, "the target '" + shown(options.target) + "' is also dropped",
                "--drop", "remove it from --drop, or choose another --target");
  }
  struct Result {
    std::optional<Column> column;
    std::string reason;
    std::vector<Warning> warnings;
  };
  std::vector<Result> results(raw.columns.size());
  parallel_for(raw.columns.size(), [&](std::size_t i) {
    const RawColumn& from = raw.columns[i];
    Result& result = results[i];
    const std::string key = normalised(from.name);
    if (key == target) return;
    if (contains_name(options.drop, key)) {
      result.reason = "excluded with --drop";
      return;
    }
    Summary summary = summarise(from, raw.rows);
    const bool keep = contains_name(options.keep, key);
    result.reason = reason_to_drop(from, summary, key);
    const bool usable = from.form != RawColumn::Form::free_text && summary.present() > 0;
    const bool many_numbers = from.form == RawColumn::Form::numbers;
    if ((keep && !usable) || (many_numbers && contains_name(options.category, key))) {
      throw Error(
          ErrorKind::bad_input,
          "column '" + shown(from.name) + "' can't be used: " +
              (result.reason.empty() ? "too many different values for categories" : result.reason),
          raw.where, "remove it from --keep and --category");
    }
    if (result.reason.contains("decimal comma")) {
      result.warnings.push_back({"decimal_comma",
                                 "column '" + from.name +
                                     "' holds numbers with a "
                                     "decimal comma and is left out",
                                 "write 1.5, not 1,5, and train again"});
    }
    if (!result.reason.empty() && !(keep && usable)) return;
    result.reason.clear();
    Column column;
    column.name = from.name;
    column.key = key;
    const bool number = static_cast<double>(summary.numbers) >=
                        kNumberShare * static_cast<double>(summary.present());
    const bool asked_category =
        contains_name(options.category, key) && from.form == RawColumn::Form::dictionary;
    if (number && !asked_category) {
      treat_strays(column, summary, result.warnings);
      summary.missing += summary.others;
      if (!keep) treat_sentinel(column, summary, result.warnings);
      fill_number(column, summary, result.warnings);
    } else {
      fill_categories(column, summary, result.warnings);
    }
    column.missing_share = summary.missing_share();
    column.optional = summary.missing > 0;
    result.column = std::move(column);
  });

  TableSchema schema;
  for (std::size_t i = 0; i < results.size(); ++i) {
    Result& result = results[i];
    std::ranges::move(result.warnings, std::back_inserter(warnings));
    if (result.column) {
      schema.columns.push_back(std::move(*result.column));
    } else if (!result.reason.empty()) {
      schema.dropped.push_back({raw.columns[i].name, result.reason});
    }
  }
  if (schema.columns.empty()) {
    std::vector<std::string> reasons;
    for (const auto& column : schema.dropped) {
      reasons.push_back("'" + shown(column.name) + "' (" + column.reason + ")");
    }
    throw Error(ErrorKind::bad_input, "no column is left to train on", raw.where,
                reasons.empty() ? "the table needs at least one column besides the target"
                                : "left out: " + listed(reasons) + "; keep one with --keep COLUMN");
  }
  return schema;
}

namespace {

/// True for values that mean "it happened", for the default of --positive.
bool sounds_positive(std::string_view value) {
  constexpr std::array<std::string_view, 24> kWords = {
      "yes",     "true", "1",       "y",         "t",        "positive", "pos",  "churn",
      "churned", "left", "leave",   "cancelled", "canceled", "default",  "bad",  "fraud",
      "spam",    "sick", "disease", "converted", "bought",   "clicked",  "died", "exited"};
  return std::ranges::contains(kWords, value);
}

/// True for 1 and 2, or 1 and 3: codes, in which 1 does not mean "yes".
bool coded_one_two(const std::vector<Category>& classes) {
  const auto first = parse_number(classes[0].value);
  const auto second = parse_number(classes[1].value);
  return first && second && std::min(*first, *second) == 1;
}

/// Moves the positive class to the second place: the one of --positive, else one with a positive
/// name, else the rarer one, with a warning.
void order_classes(Target& target, const SchemaOptions& options, std::vector<Warning>& warnings) {
  auto& classes = target.classes;
  std::size_t positive = 1;
  if (options.positive) {
    const int found = class_of(target, *options.positive);
    if (found < 0) {
      std::vector<std::string> names;
      for (const auto& one : classes) names.push_back(one.spelling);
      throw Error(
          ErrorKind::usage,
          "'" + shown(*options.positive) + "' is not a class of the target '" + target.name + "'",
          "--positive",
          did_you_mean(*options.positive, names) + "its classes are " + listed(names));
    }
    positive = static_cast<std::size_t>(found);
  } else if (sounds_positive(classes[0].value) != sounds_positive(classes[1].value) &&
             !coded_one_two(classes)) {
    positive = sounds_positive(classes[0].value) ? 0 : 1;
  } else {
    positive = classes[0].count < classes[1].count ? 0 : 1;
    warnings.push_back(
        {"positive_class",
         "'" + classes[positive].spelling + "' is used as the positive class because it is rarer",
         "choose with --positive VALUE"});
  }
  if (positive == 0) std::swap(classes[0], classes[1]);
}

[[noreturn]] void refuse_target(const RawTable& raw, const RawColumn& column,
                                const std::string& problem, const std::string& hint) {
  throw Error(ErrorKind::bad_input, "the target '" + shown(column.name) + "' " + problem, raw.where,
              hint, column.name);
}

void check_target(const RawTable& raw, const RawColumn& column, const Summary& summary) {
  const bool numbers = summary.others == 0;
  const bool free_text = column.form == RawColumn::Form::free_text;
  if (!free_text && summary.present() == 0) {
    refuse_target(raw, column, "has no values", "choose another column with --target");
  }
  const std::size_t distinct = numbers ? summary.distinct_numbers : summary.categories.size();
  const bool fractions = numbers && !summary.whole();
  if (!free_text && numbers && (distinct > 20 || (fractions && distinct > 2))) {
    refuse_target(raw, column,
                  "is a number with " + with_commas(distinct) +
                      " different values; predicting a number (regression) is not supported",
                  "turn it into classes, for example above and below a limit, or choose another "
                  "column with --target");
  }
  if (free_text || distinct > kMaxClasses ||
      (distinct > 20 &&
       static_cast<double>(distinct) > kIdentifierShare * static_cast<double>(summary.present()))) {
    refuse_target(
        raw, column,
        "has " + (free_text ? "more than " + with_commas(kMaxDistinct) : with_commas(distinct)) +
            " different values; a class is a value that many rows share (at most " +
            std::to_string(kMaxClasses) + " classes)",
        "choose another column with --target");
  }
  if (distinct == 1) {
    refuse_target(raw, column,
                  "has only one class ('" + shown(summary.categories.front().spelling) + "')",
                  "a model needs rows of at least two classes");
  }
}

/// Leaves out classes of one or two rows, which are too few to train and to evaluate on, as long as
/// two classes remain.
void leave_out_single_rows(Target& target, std::vector<Warning>& warnings) {
  const auto enough = [](const Category& one) { return one.count >= 3; };
  if (std::ranges::count_if(target.classes, enough) < 2) return;
  for (const Category& one : target.classes) {
    if (enough(one)) continue;
    warnings.push_back({"small_class",
                        "class '" + one.spelling + "' has only " + counted(one.count, "row") +
                            " and is left out: too few to train and to evaluate on",
                        "collect more rows of it, or merge it with another class"});
  }
  std::erase_if(target.classes, [&](const Category& one) { return !enough(one); });
}

Target infer_target(const RawTable& raw, const RawColumn& column, const SchemaOptions& options,
                    std::vector<Warning>& warnings) {
  Summary summary = summarise(column, raw.rows);
  check_target(raw, column, summary);
  Target target;
  target.name = column.name;
  target.key = normalised(column.name);
  const bool numbers = summary.others == 0;
  std::map<std::string, Category> classes;
  for (const Category& category : summary.categories) {
    const std::string name = numbers ? number_text(*parse_number(category.value)) : category.value;
    Category& one = classes[name];
    one.exact = category.exact && !numbers;
    if (one.count < category.count) one.spelling = category.spelling;
    one.value = name;
    one.count += category.count;
    one.variants.insert(one.variants.end(), category.variants.begin(), category.variants.end());
  }
  for (auto& [value, category] : classes) target.classes.push_back(std::move(category));
  if (numbers) {
    std::ranges::sort(target.classes, {},
                      [](const Category& one) { return *parse_number(one.value); });
  }
  warn_of_spellings("the target '" + target.name + "'", target.classes, warnings);
  leave_out_single_rows(target, warnings);
  for (const Category& one : target.classes) {
    if (one.count < 10) {
      warnings.push_back({"small_class",
                          "class '" + one.spelling + "' has only " + counted(one.count, "row") +
                              ": too few for reliable training and evaluation",
                          "collect more, merge it with another class, or remove those rows"});
    }
  }
  switch (target.task()) {
    case TaskKind::binary:
      order_classes(target, options, warnings);
      break;
    case TaskKind::multiclass:
      if (!options.positive) break;
      throw Error(ErrorKind::usage,
                  "the target '" + target.name + "' has " + std::to_string(target.classes.size()) +
                      " classes; only two classes have a positive one",
                  "--positive", "leave the option out");
  }
  if (summary.missing > 0) {
    warnings.push_back({"missing_target",
                        counted(summary.missing, "row") + " have no value in the target '" +
                            target.name + "' and are left out",
                        "fill them in if they are known"});
  }
  return target;
}

}  // namespace

namespace {

/// The rows with one value of a number column, and how many of them are positive.
struct ValueCounts {
  double value = 0;
  double rows = 0;
  double positives = 0;
};

std::vector<ValueCounts> count_values(const RawColumn& column, const RawColumn& target_column,
                                      const Target& target) {
  std::vector<int> classes;
  for (const std::string& text : target_column.texts) classes.push_back(class_of(target, text));
  std::map<double, ValueCounts> counts;
  std::vector<ValueCounts*> of_text;
  for (const std::string& text : column.texts) {
    const auto number = parse_number(text);
    of_text.push_back(number ? &counts[*number] : nullptr);
    if (number) of_text.back()->value = *number;
  }
  for (std::size_t row = 0; row < column.codes.size(); ++row) {
    ValueCounts* one = of_text[column.codes[row]];
    const int label = classes[target_column.codes[row]];
    if (one == nullptr || label < 0) continue;
    one->rows += 1;
    one->positives += label;
  }
  std::vector<ValueCounts> out;
  for (const auto& [value, one] : counts) {
    if (one.rows > 0) out.push_back(one);
  }
  return out;
}

double log_likelihood(double rows, double positives, double p) {
  p = std::clamp(p, 1e-9, 1 - 1e-9);
  return positives * std::log(p) + (rows - positives) * std::log(1 - p);
}

/// The likelihood-ratio statistic of a separate rate for each value against a logistic curve
/// through the values: twice the difference of their log-likelihoods.
double likelihood_ratio(const std::vector<ValueCounts>& counts) {
  double total = 0;
  double mean = 0;
  for (const auto& one : counts) {
    total += one.rows;
    mean += one.rows * one.value;
  }
  mean /= total;
  double a = 0;
  double b = 0;
  const auto rate = [&](const ValueCounts& one) {
    return 1 / (1 + std::exp(-(a + b * (one.value - mean))));
  };
  for (int step = 0; step < 25; ++step) {  // Newton on two parameters
    double ga = 0, gb = 0, haa = 1e-9, hab = 0, hbb = 1e-9;
    for (const auto& one : counts) {
      const double x = one.value - mean;
      const double p = rate(one);
      const double w = one.rows * p * (1 - p);
      ga += one.positives - one.rows * p;
      gb += x * (one.positives - one.rows * p);
      haa += w;
      hab += w * x;
      hbb += w * x * x;
    }
    const double determinant = haa * hbb - hab * hab;
    if (!(determinant > 1e-12)) break;
    a += std::clamp((hbb * ga - hab * gb) / determinant, -2.0, 2.0);
    b += std::clamp((haa * gb - hab * ga) / determinant, -2.0, 2.0);
  }
  double gain = 0;
  for (const auto& one : counts) {
    gain += log_likelihood(one.rows, one.positives, one.positives / one.rows) -
            log_likelihood(one.rows, one.positives, rate(one));
  }
  return 2 * gain;
}

/// Turns whole numbers with few values that are codes, not amounts, into categories: for two
/// classes, if the rate of the positive class differs from a logistic curve by more than random
/// variation (above the 99.9 % quantile of chi-squared, roughly 10 + 2 * degrees of freedom).
void find_codes(const RawTable& raw, const RawColumn& target_column, const SchemaOptions& options,
                TableSchema& schema, std::vector<Warning>& warnings) {
  constexpr std::size_t kMostCodes = 12;
  if (schema.target.task() != TaskKind::binary) return;
  for (Column& column : schema.columns) {
    const RawColumn& from = *raw.find(column.key);
    if (column.kind != ColumnKind::number || !column.whole_numbers || column.missing_number ||
        from.form != RawColumn::Form::dictionary || contains_name(options.keep, column.key)) {
      continue;
    }
    const auto counts = count_values(from, target_column, schema.target);
    if (counts.size() < 3 || counts.size() > kMostCodes) continue;
    if (likelihood_ratio(counts) <= 10 + 2 * static_cast<double>(counts.size() - 2)) continue;
    Summary summary = summarise(from, raw.rows);
    Column category;
    category.name = column.name;
    category.key = column.key;
    category.missing_share = column.missing_share;
    category.optional = column.optional;
    category.missing_words = column.missing_words;
    std::erase_if(summary.categories, [&](const Category& one) {
      return std::ranges::contains(column.missing_words, normalised(one.value));
    });
    fill_categories(category, summary, warnings);
    column = std::move(category);
    warnings.push_back(
        {"codes",
         "column '" + column.name + "' has " + std::to_string(counts.size()) +
             " different whole numbers whose effect is not linear; they are treated as "
             "categories",
         "if they are amounts, keep them as numbers with --keep '" + column.name + "'"});
  }
}

}  // namespace

TableSchema infer_schema(const RawTable& raw, const SchemaOptions& options,
                         std::vector<Warning>& warnings) {
  const RawColumn* column = raw.find(normalised(options.target));
  if (column == nullptr) {
    throw Error(
        ErrorKind::bad_input, "the table has no column '" + shown(options.target) + "'", raw.where,
        did_you_mean(options.target, raw.names()) + "its columns are " + listed(raw.names(), 30),
        options.target);
  }
  if (raw.columns.size() < 2) {
    throw Error(ErrorKind::bad_input, "the table has one column only", raw.where,
                "a model needs the target and at least one other column; if there are more "
                "columns, check the separator (one of , ; tab |)");
  }
  Target target = infer_target(raw, *column, options, warnings);
  TableSchema schema = infer_columns(raw, options, warnings);
  schema.target = std::move(target);
  find_codes(raw, *column, options, schema, warnings);
  return schema;
}

}  // namespace vitrine::data
