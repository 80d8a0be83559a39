// The classes of the target: checks, classes of one or two rows, the positive class of two.
#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "data/table/inference/inference.h"
#include "data/table/value.h"

namespace vitrine::data {
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

/// The words that count as missing, quoted: 'None', 'NA'; empty cells are not listed.
std::string missing_words_of(const Summary& summary) {
  std::vector<std::string> words;
  for (const std::string& text : summary.missing_spellings) {
    if (!trimmed(text).empty()) words.push_back("'" + shown(trimmed(text), 30) + "'");
  }
  return words.empty() ? "" : listed(words, 4);
}

/// How to keep the rows without a value in the target as a class.
std::string hint_at_missing_class(const Summary& summary, const ReadingRules& rules) {
  const auto unasked = std::ranges::find_if(summary.missing_spellings, [&](const auto& text) {
    return !std::ranges::contains(rules.missing_words, normalised(text));
  });
  if (unasked == summary.missing_spellings.end()) return "they are missing as --missing says";
  const std::string word(trimmed(*unasked));
  return word.empty()
             ? "fill them in if they are known; if an empty cell is a class, keep it with "
               "--not-missing ''"
             : "if '" + shown(word, 30) + "' is a class, keep it with --not-missing " + word;
}

void check_target(const RawTable& raw, const RawColumn& column, const Summary& summary,
                  const ReadingRules& rules) {
  const bool numbers = summary.others + summary.error_words == 0;
  const bool free_text = column.form == RawColumn::Form::free_text;
  if (!column.unreadable.empty()) {
    refuse_target(raw, column, "can't be read: " + column.unreadable,
                  "choose another column with --target");
  }
  if (!free_text && summary.present() == 0) {
    refuse_target(raw, column, "has no values", "choose another column with --target");
  }
  const std::size_t distinct = numbers ? summary.distinct_numbers : summary.categories.size();
  constexpr std::size_t kFewDates = 20;
  if (distinct > kFewDates && find_dates(column, present_texts(column), {})) {
    refuse_target(raw, column, "is a date, and dates can't be predicted",
                  "predict a number of days: add a column with the days until the date");
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
    refuse_target(
        raw, column,
        "has only one class ('" + shown(summary.categories.front().spelling) + "')" +
            (summary.missing > 0 ? " and " + counted(summary.missing, "row") + " without a value"
                                 : ""),
        summary.missing > 0 ? hint_at_missing_class(summary, rules)
                            : "a model needs rows of at least two classes");
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

/// Rows without a value in the target are left out.
void warn_of_missing(const Target& target, const Summary& summary, const ReadingRules& rules,
                     std::vector<Warning>& warnings) {
  if (summary.missing == 0) return;
  const std::string words = missing_words_of(summary);
  warnings.push_back(
      {"missing_target",
       counted(summary.missing, "row") + (summary.missing == 1 ? " has" : " have") +
           " no value in the target '" + target.name + "'" +
           (words.empty() ? "" : " (" + words + ")") +
           (summary.missing == 1 ? " and is left out" : " and are left out"),
       target.number ? "fill them in if they are known" : hint_at_missing_class(summary, rules)});
}

/// `what` explains why no class of the target is positive.
void refuse_positive(const Target& target, const std::string& what, const SchemaOptions& options) {
  if (!options.positive) return;
  throw Error(ErrorKind::usage,
              "the target '" + target.name + "' " + what + "; only two classes have a positive one",
              "--positive", "leave the option out");
}

/// Whether the target is a number; the user's word counts first.
bool is_number_target(const RawTable& raw, const RawColumn& column, const Summary& summary,
                      const SchemaOptions& options) {
  constexpr std::size_t kFewNumbers = 20;  // of different ones: they may be classes
  const bool numbers = is_number(summary, column);
  switch (options.task) {
    case SchemaOptions::Task::classification:
      return false;
    case SchemaOptions::Task::regression:
      if (numbers && summary.distinct_numbers > 1) return true;
      refuse_target(raw, column,
                    numbers ? "has the same number in every row"
                            : "is not a number: too few of its values are",
                    "choose another column with --target, or leave out --task regression");
    case SchemaOptions::Task::automatic:
      return numbers && (summary.distinct_numbers > kFewNumbers ||
                         (!summary.whole() && summary.distinct_numbers > 2));
  }
  unknown_kind("task", options.task);
}

Target number_target(Target target, const RawTable& raw, const RawColumn& column, Summary& summary,
                     const ReadingRules& rules, std::vector<Warning>& warnings) {
  constexpr double kLargest = 1e30;  // floats and their squares end beyond
  if (std::max(-summary.values.front(), summary.values.back()) > kLargest) {
    refuse_target(raw, column, "has numbers beyond 1e30, which are too large to compute with",
                  "divide them by a fixed number");
  }
  if (!rules.format.plain) warnings.push_back(format_warning(column, rules));
  target.number = {.format = rules.format,
                   .quantiles = quantiles_of(summary.values),
                   .mean = mean_of(summary.values),
                   .whole_numbers = summary.whole(),
                   .missing_numbers = summary.missing_numbers};
  hint_at_sentinel(column.name, summary, warnings);
  warn_of_lost_digits(column.name, summary.values, warnings);
  summary.missing += summary.others + summary.error_words;
  std::ranges::copy(summary.other_examples, std::back_inserter(summary.missing_spellings));
  std::ranges::copy(summary.error_examples, std::back_inserter(summary.missing_spellings));
  warn_of_missing(target, summary, rules, warnings);
  return target;
}

/// Words such as #N/A are no classes among numbers.
void take_error_words(Summary& summary) {
  if (summary.error_words == 0 || summary.numbers == 0 || summary.others > 0) return;
  std::erase_if(summary.categories, [&](const Category& one) {
    return std::ranges::contains(summary.error_texts, normalised(one.spelling));
  });
  summary.missing += std::exchange(summary.error_words, 0);
  std::ranges::copy(summary.error_examples, std::back_inserter(summary.missing_spellings));
}

}  // namespace

Target infer_target(const RawTable& raw, const RawColumn& column, const ReadingRules& rules,
                    const SchemaOptions& options, std::vector<Warning>& warnings) {
  Target target;
  target.name = column.name;
  target.key = keys_of(raw.names())[static_cast<std::size_t>(&column - raw.columns.data())].key;
  Summary as_numbers = summarise(column, raw.rows, rules);
  if (is_number_target(raw, column, as_numbers, options)) {
    refuse_positive(target, "is a number", options);
    return number_target(std::move(target), raw, column, as_numbers, rules, warnings);
  }
  // Classes are known by their texts.
  ReadingRules plain = rules;
  plain.format = {};
  Summary summary = rules.format.plain ? std::move(as_numbers) : summarise(column, raw.rows, plain);
  take_error_words(summary);
  check_target(raw, column, summary, rules);
  const bool numbers = summary.others + summary.error_words == 0;
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
      refuse_positive(target, "has " + std::to_string(target.classes.size()) + " classes", options);
      if (numbers && options.task == SchemaOptions::Task::automatic) {
        warnings.push_back({"numbers_as_classes",
                            "the target '" + target.name + "' has " +
                                std::to_string(target.classes.size()) +
                                " different numbers, which are treated as classes",
                            "if it is an amount, say so: --task regression"});
      }
      break;
    case TaskKind::regression:
      break;
  }
  warn_of_missing(target, summary, rules, warnings);
  return target;
}

}  // namespace vitrine::data
