// Step by step: reason_to_drop() finds columns without use; each other column becomes a number
// (fill_number) or categories (fill_categories). Before that, treat_words() and treat_sentinel()
// turn words among numbers, and numbers such as 9999, into missing values; origin_of() finds an
// origin for numbers that are equal as floats.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "data/table/inference/inference.h"
#include "data/table/value.h"

namespace vitrine::data {
namespace {

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
  column.quantiles = quantiles_of(summary.values);
  column.quantile_shares = quantile_shares_of(summary.values, column.quantiles);
  column.mean = mean_of(summary.values);
  column.whole_numbers = summary.whole();
  column.origin = origin_of(summary.values, column.name, warnings);
}

bool contains(const std::vector<const RawColumn*>& columns, const RawColumn& column) {
  return std::ranges::contains(columns, &column);
}

/// The reason to drop a column, or an empty text.
std::string reason_to_drop(const RawColumn& raw, const Summary& summary, const ReadingRules& rules,
                           bool identifier) {
  if (!raw.unreadable.empty()) return raw.unreadable;
  if (raw.form == RawColumn::Form::free_text) {
    return "identifier or free text: more than " + with_commas(kMaxDistinct) + " different values";
  }
  if (summary.present() == 0) return "empty: no row has a value";
  const bool number = rules.dates || is_number(summary, raw);
  if (raw.unnamed && number && summary.whole()) {
    return "it has no name: an index of the rows, as pandas writes it";
  }
  const std::size_t distinct = number ? summary.distinct_numbers : summary.categories.size();
  const std::uint64_t words = number ? summary.error_words + summary.others : 0;
  if (distinct == 1 && summary.missing + words == 0)
    return "constant: every row has the same value";
  if (number) return identifier ? "identifier: a different whole number in each row" : "";
  if (distinct > 20 &&
      static_cast<double>(distinct) > kIdentifierShare * static_cast<double>(summary.present())) {
    return "identifier or free text: " + with_commas(distinct) + " different values in " +
           counted(summary.present(), "row");
  }
  return raw.form == RawColumn::Form::numbers
             ? "neither numbers nor categories: numbers and text mixed"
             : "";
}

std::string quoted_list(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  for (const auto& word : words) out.push_back("'" + shown(word, 30) + "'");
  return listed(out, 5);
}

/// Words among numbers, or among dates (`noun`), are missing values.
void treat_words(Column& column, const Summary& summary, const std::string& noun,
                 std::vector<Warning>& warnings) {
  column.missing_words.insert(column.missing_words.end(), summary.error_texts.begin(),
                              summary.error_texts.end());
  // More than these are read as missing too, with a warning in predictions.
  constexpr std::size_t kMostWords = 100;
  column.missing_words.insert(
      column.missing_words.end(), summary.other_texts.begin(),
      summary.other_texts.begin() +
          static_cast<std::ptrdiff_t>(std::min(kMostWords, summary.other_texts.size())));
  if (summary.error_words > 0) {
    warnings.push_back({"missing_words",
                        "column '" + column.name + "': " + quoted_list(summary.error_examples) +
                            " in " + counted(summary.error_words, "row") + " means that the " +
                            noun + " is missing",
                        "predictions accept it too"});
  }
  if (summary.others > 0) {
    warnings.push_back({"text_among_numbers",
                        "column '" + column.name + "' holds " + noun + "s, but " +
                            counted(summary.others, "row") + " with text (" +
                            quoted_list(summary.other_examples) + ") " +
                            (summary.others == 1 ? "is" : "are") + " treated as missing",
                        "fix them, or treat the column as categories (--category)"});
  }
}

void treat_sentinel(Column& column, Summary& summary, std::vector<Warning>& warnings) {
  const auto number = sentinel(summary);
  if (!number) return hint_at_sentinel(column.name, summary, warnings);
  const auto before = summary.values.size();
  std::erase(summary.values, *number);
  const auto times = before - summary.values.size();
  summary.missing += times;
  summary.numbers -= times;
  column.missing_numbers.push_back(*number);
  warnings.push_back(
      {"number_for_missing",
       "column '" + column.name + "': " + std::to_string(static_cast<long long>(*number)) + " in " +
           counted(times, "row") + " is far beyond all other values and is treated as missing",
       "if it is a real value, keep it with --keep '" + column.name + "'"});
}

/// Says how the dates of a column are written and read.
Warning date_warning(const RawColumn& column, const ReadingRules& rules) {
  const double days = rules.value_of(rules.format_example).value_or(0);
  const std::string as = "' are read as " + date_text(days, days != std::floor(days));
  if (!rules.ambiguous) {
    // `Jul 2024` is the same in each order.
    DateFormat month_first = *rules.dates;
    month_first.order = DateOrder::month_day_year;
    DateFormat day_first = month_first;
    day_first.order = DateOrder::day_month_year;
    const bool same = rules.dates->form == DateFormat::Form::text &&
                      parse_days(rules.format_example, month_first) ==
                          parse_days(rules.format_example, day_first);
    return {
        "date_format",
        "column '" + column.name + "': dates such as '" + shown(rules.format_example, 30) + as +
            (same ? "" : ": " + describe(*rules.dates)),
        "predictions accept this format and ISO dates (2024-07-25); if these are codes, say so: "
        "--category '" +
            column.name + "'"};
  }
  const bool day = rules.dates->order == DateOrder::day_month_year;
  return {"ambiguous_dates",
          "column '" + column.name + "': dates such as '" + shown(rules.format_example, 30) + as +
              ", with the " + (day ? "day before the month" : "month before the day"),
          std::string("if that is wrong, say so: --date-order ") +
              (day ? "month-first" : "day-first") + "; or --category '" + column.name +
              "' if these are codes"};
}

struct Result {
  std::optional<Column> column;
  std::string reason;
  std::vector<Warning> warnings;
};

/// The columns that the options name.
struct Choices {
  std::vector<const RawColumn*> drop;
  std::vector<const RawColumn*> ids;
  std::vector<const RawColumn*> keep;
  std::vector<const RawColumn*> category;
  std::vector<const RawColumn*> text;
  const RawColumn* group = nullptr;
  const RawColumn* time = nullptr;

  Choices(const RawTable& raw, const SchemaOptions& options) {
    if (!options.group.empty()) group = &column_of_option(raw, options.group, "--group");
    if (!options.time.empty()) time = &column_of_option(raw, options.time, "--time");
    for (const auto& [names, columns, option] : {std::tuple{&options.drop, &drop, "--drop"},
                                                 {&options.ids, &ids, "--id"},
                                                 {&options.keep, &keep, "--keep"},
                                                 {&options.category, &category, "--category"},
                                                 {&options.text, &text, "--text"}}) {
      for (const std::string& name : *names) {
        columns->push_back(&column_of_option(raw, name, option));
      }
    }
  }
};

/// True if the cells are whole numbers in their usual form, or missing.
bool are_whole_numbers(const RawColumn& column) {
  if (!std::ranges::all_of(column.strays, is_missing, &RawColumn::Stray::text)) return false;
  if (column.form == RawColumn::Form::free_text) return false;
  return std::ranges::all_of(
             column.texts,
             [](const std::string& text) { return is_missing(text) || is_id_number(text); }) &&
         std::ranges::all_of(column.numbers, [](double number) {
           return std::isnan(number) || number == std::trunc(number);
         });
}

Column named_column(const RawColumn& from, const ColumnKey& key) {
  Column column;
  column.name = from.name;
  column.key = key.key;
  column.exact = key.exact;
  return column;
}

Column text_column(const RawColumn& from, const ColumnKey& key) {
  Column column = named_column(from, key);
  fill_text(column, from);
  return column;
}

/// A column as numbers, dates or categories, or if there are too many of these, as texts.
Column fill_column(const RawColumn& from, const ColumnKey& key, Summary& summary,
                   const ReadingRules& rules, const Choices& choices,
                   std::vector<Warning>& warnings) {
  Column column = named_column(from, key);
  column.missing_words = rules.missing_words;
  const bool kept = contains(choices.keep, from);
  const bool asked_category =
      contains(choices.category, from) && from.form == RawColumn::Form::dictionary;
  if (rules.dates && !asked_category) {
    column.missing_numbers = summary.missing_numbers;
    treat_words(column, summary, "date", warnings);
    summary.missing += summary.others + summary.error_words;
    fill_date(column, summary, *rules.dates);
  } else if (is_number(summary, from) && !asked_category) {
    column.format = rules.format;
    column.missing_numbers = summary.missing_numbers;
    treat_words(column, summary, "number", warnings);
    summary.missing += summary.others + summary.error_words;
    if (!kept && summary.missing_numbers.empty()) treat_sentinel(column, summary, warnings);
    fill_number(column, summary, warnings);
  } else if (summary.categories.size() > kMaxCategories && !asked_category &&
             from.form == RawColumn::Form::dictionary) {
    warnings.push_back({"many_categories",
                        "column '" + from.name + "' has " + with_commas(summary.categories.size()) +
                            " different values; it is learned from their words",
                        "group them, or keep the " + with_commas(kMaxCategories) +
                            " most frequent ones as categories: --category '" + from.name + "'"});
    return text_column(from, key);
  } else {
    fill_categories(column, summary, warnings);
  }
  column.missing_share = summary.missing_share();
  column.optional = summary.missing > 0;
  return column;
}

Result infer_column(const RawTable& raw, const RawColumn& from, const ColumnKey& key,
                    const ReadingRules& rules, const Choices& choices, const TargetGroups& target) {
  Result result;
  if (contains(choices.drop, from)) {
    result.reason = "excluded with --drop";
    return result;
  }
  if (contains(choices.ids, from)) {
    result.reason = "it stands in predictions (--id)";
    return result;
  }
  const bool keep = contains(choices.keep, from);
  if (!keep && (&from == choices.group || &from == choices.time)) {
    result.reason = &from == choices.group ? "its rows stay together (--group)"
                                           : "it orders the rows in time (--time)";
    return result;
  }
  const bool asked_text = contains(choices.text, from);
  if (asked_text && (from.form != RawColumn::Form::dictionary || from.texts.size() < 2)) {
    throw Error(ErrorKind::usage, "column '" + shown(from.name) + "' has no texts that differ",
                "--text", "name a column of texts");
  }
  if (asked_text || (!contains(choices.category, from) && is_free_text(from, rules))) {
    result.column = text_column(from, key);
    return result;
  }
  Summary summary = summarise(from, raw.rows, rules);
  const bool number = !rules.dates && is_number(summary, from);
  if (number && !rules.format.plain) result.warnings.push_back(format_warning(from, rules));
  if (rules.dates && !rules.format_example.empty()) {
    result.warnings.push_back(date_warning(from, rules));
  }
  const Identity identity = number ? identity_of(summary, from.name) : Identity::none;
  const bool useful = identity == Identity::likely && !keep && predicts(from, rules, target);
  result.reason = reason_to_drop(from, summary, rules, identity != Identity::none && !useful);
  if (useful && result.reason.empty()) {
    result.warnings.push_back({"identifier_kept",
                               "column '" + from.name +
                                   "' has a different whole number in nearly every row, but it "
                                   "predicts the target, so it is kept",
                               "if it is an identifier, leave it out: --drop '" + from.name + "'"});
  }
  const bool usable = from.form != RawColumn::Form::free_text && summary.present() > 0;
  const bool many_numbers = from.form == RawColumn::Form::numbers;
  if ((keep && !usable) || (many_numbers && contains(choices.category, from))) {
    throw Error(
        ErrorKind::bad_input,
        "column '" + shown(from.name) + "' can't be used: " +
            (result.reason.empty() ? "too many different values for categories" : result.reason),
        raw.where, "remove it from --keep and --category");
  }
  if (!result.reason.empty() && !keep) return result;
  result.reason.clear();
  result.column = fill_column(from, key, summary, rules, choices, result.warnings);
  return result;
}

}  // namespace

Warning format_warning(const RawColumn& column, const ReadingRules& rules) {
  const NumberFormat& format = rules.format;
  std::string hint = "predictions accept this format and plain numbers";
  if (rules.ambiguous) {
    const bool comma = format.decimal == ',';
    hint = std::string("if the ") + (comma ? "point" : "comma") +
           " is the decimal separator, say so: --decimal " + (comma ? "." : ",");
  }
  std::string how = " with ";
  if (!rules.format_example.empty()) {
    const double number = parse_number(rules.format_example, format).value_or(0);
    how = " written like '" + shown(rules.format_example, 30) + "', read as " +
          number_text(number) + ": ";
  }
  return {"number_format", "column '" + column.name + "' holds numbers" + how + describe(format),
          hint};
}

void hint_at_sentinel(const std::string& name, const Summary& summary,
                      std::vector<Warning>& warnings) {
  constexpr std::size_t kFewNumbers = 10;
  constexpr double kGap = 0.25;     // of the span of the other values
  constexpr double kShare = 0.005;  // of the values
  const auto& values = summary.values;
  if (summary.distinct_numbers < kFewNumbers) return;
  for (const bool largest : {false, true}) {
    const double candidate = largest ? values.back() : values.front();
    const auto [first, last] = std::ranges::equal_range(values, candidate);
    const auto times = last - first;
    if (candidate == 0 || times < 3 ||
        static_cast<double>(times) < kShare * static_cast<double>(values.size())) {
      continue;
    }
    const double low = largest ? values.front() : *last;
    const double high = largest ? *(first - 1) : values.back();
    const double gap = largest ? candidate - high : low - candidate;
    const bool only_negative = candidate < 0 && low >= 0;
    if (gap < kGap * (high - low) && !only_negative) continue;
    const std::string text = number_text(candidate);
    warnings.push_back(
        {"possible_missing_number",
         "column '" + name + "': " + text + " in " +
             counted(static_cast<std::size_t>(times), "row") +
             (only_negative ? " is the only negative value (others: "
                            : " is far from all other values (") +
             number_text(low) + " to " + number_text(high) + ")",
         "if it means that the value is not known, say so: --missing '" + name + "=" + text + "'"});
  }
}

void warn_of_lost_digits(const std::string& name, const std::vector<double>& sorted,
                         std::vector<Warning>& warnings) {
  std::vector<double> different;
  std::ranges::unique_copy(sorted, std::back_inserter(different));
  const std::size_t lost = different.size() - distinct_features(different, 0);
  if (!matters(lost, different.size())) return;
  warnings.push_back({"digits_lost",
                      "the target '" + name + "': " + with_commas(lost) + " of " +
                          with_commas(different.size()) +
                          " different numbers become equal as 32-bit floats, which predictions are",
                      "if the last digits matter, predict the distance from a fixed number"});
}

std::vector<double> quantile_shares_of(const std::vector<double>& sorted,
                                       const std::vector<double>& quantiles) {
  if (std::ranges::adjacent_find(quantiles) == quantiles.end()) return {};
  std::vector<double> out;
  for (const double quantile : quantiles) {
    const auto above = std::ranges::upper_bound(sorted, quantile);
    out.push_back(rounded(
        static_cast<double>(above - sorted.begin()) / static_cast<double>(sorted.size()), 4));
  }
  return out;
}

std::vector<double> quantiles_of(const std::vector<double>& sorted) {
  std::vector<double> quantiles;
  for (int tenth = 0; tenth <= 10; ++tenth) {
    const double at = static_cast<double>(sorted.size() - 1) * tenth / 10.0;
    quantiles.push_back(sorted[static_cast<std::size_t>(std::llround(at))]);
  }
  return quantiles;
}

double mean_of(const std::vector<double>& values) {
  long double sum = 0;
  for (const double value : values) sum += value;
  return static_cast<double>(sum / static_cast<long double>(values.size()));
}

bool is_number(const Summary& summary, const RawColumn& raw) {
  constexpr std::size_t kManyNumbers = 20;
  const std::uint64_t usable = summary.numbers + summary.others;
  const auto numbers = static_cast<double>(summary.numbers);
  if (summary.numbers == 0) return false;
  if (numbers >= kNumberShare * static_cast<double>(usable)) return true;
  if (numbers * 2 <= static_cast<double>(usable) || summary.distinct_numbers <= kManyNumbers) {
    return false;
  }
  // Mostly numbers, and as categories the column would be free text, or a few words among many
  // numbers.
  const std::size_t words = summary.other_texts.size();
  return raw.form == RawColumn::Form::numbers || words * 10 <= summary.distinct_numbers ||
         static_cast<double>(summary.categories.size()) >
             kIdentifierShare * static_cast<double>(summary.present());
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

TableSchema infer_columns(const RawTable& raw, const SchemaOptions& options,
                          std::vector<Warning>& warnings) {
  const std::vector<ReadingRules> rules = find_rules(raw, options);
  return infer_columns(raw, rules, nullptr, options, warnings);
}

TableSchema infer_columns(const RawTable& raw, const std::vector<ReadingRules>& rules,
                          const Target* inferred, const SchemaOptions& options,
                          std::vector<Warning>& warnings) {
  const Choices choices(raw, options);
  const RawColumn* target = options.target.empty() ? nullptr : raw.find(options.target);
  if (target != nullptr) {
    const auto refuse = [&](const std::vector<const RawColumn*>& columns, const char* option,
                            const char* what) {
      if (!contains(columns, *target)) return;
      throw Error(ErrorKind::usage, "the target '" + shown(options.target) + "' is also " + what,
                  option, std::string("remove it from ") + option + ", or choose another --target");
    };
    refuse(choices.drop, "--drop", "dropped");
    refuse(choices.ids, "--id", "an id");
    refuse(choices.text, "--text", "a free text");
  }
  for (const RawColumn* column : choices.text) {
    if (!contains(choices.category, *column)) continue;
    throw Error(ErrorKind::usage,
                "column '" + shown(column->name) + "' can't be both free text and a category",
                "--text and --category", "remove it from one of them");
  }
  const std::vector<ColumnKey> keys = keys_of(raw.names());
  TargetGroups groups;
  if (inferred != nullptr) groups = groups_of_target(*target, *inferred);
  std::vector<Result> results(raw.columns.size());
  parallel_for(raw.columns.size(), [&](std::size_t i) {
    const RawColumn& from = raw.columns[i];
    if (&from != target) results[i] = infer_column(raw, from, keys[i], rules[i], choices, groups);
  });

  TableSchema schema;
  for (const RawColumn* id : choices.ids) {
    const auto place = static_cast<std::size_t>(id - raw.columns.data());
    schema.ids.push_back({id->name, keys[place].key, are_whole_numbers(*id)});
  }
  for (std::size_t i = 0; i < results.size(); ++i) {
    Result& result = results[i];
    std::ranges::move(result.warnings, std::back_inserter(warnings));
    if (result.column) {
      schema.columns.push_back(std::move(*result.column));
    } else if (!result.reason.empty()) {
      schema.dropped.push_back({raw.columns[i].name, result.reason});
    }
  }
  link_dates(schema);
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

}  // namespace vitrine::data
