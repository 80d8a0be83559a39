// The schema of a table: columns, categories, classes. `infer_schema` finds it in the training
// data; the card keeps it; all later steps use it. Plain data: threads may read it together.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "data/table/date.h"
#include "data/table/number_format.h"
#include "data/table/number_target.h"
#include "data/table/text_model.h"
#include "data/table/warning.h"

namespace vitrine::data {

/// A switch over kinds has no default, so that the compiler names each place a new kind concerns.
enum class ColumnKind { number, category, date, text };
inline constexpr std::array kColumnKinds{ColumnKind::number, ColumnKind::category, ColumnKind::date,
                                         ColumnKind::text};

/// What a model computes with of a date: see date_part(). `since`: days since another date.
enum class DatePart { days, year, month, day, weekday, hour, since };

struct Category {
  /// The unique value in predictions: the normalised spelling, or the spelling itself if another
  /// category differs from it only in case or blanks.
  std::string value;
  std::string spelling;               ///< the most frequent spelling in the training table
  std::vector<std::string> variants;  ///< all spellings in the training table, with blanks
  std::uint64_t count = 0;            ///< rows of the training table
  /// Another category differs only in case or blanks, so this one is matched by its exact spelling
  /// (except for blanks at both ends).
  bool exact = false;
};

/// Sets `value` and `exact` of categories that have one spelling each (`variants[0]`, unique
/// without the blanks at both ends). Values are unique. Returns them sorted by value.
std::vector<Category> categories_of_spellings(std::vector<Category> spellings);

/// Categories of names, in the order of `names`, which are unique without the blanks at both ends.
std::vector<Category> classes_of_names(const std::vector<std::string>& names);

/// An input column of the model.
struct Column {
  std::string name;    ///< as in the table
  std::string key;     ///< normalised; the name itself if `exact`
  bool exact = false;  ///< the name of another column differs only in case or blanks
  ColumnKind kind = ColumnKind::number;
  bool optional = false;             ///< may be missing: it had missing values in training
  double missing_share = 0;          ///< in [0, 1], of the training rows
  std::vector<Category> categories;  ///< kind category: sorted by value; the index is the code
  std::uint64_t rare_rows = 0;       ///< kind category: training rows whose value was not kept
  /// kinds number and date (in days since 1970): 0, 10, ..., 100 %; empty if the training table is
  /// not known
  std::vector<double> quantiles;
  /// Kind number: the share of the values that are at most each of `quantiles`; empty if it is 0,
  /// 0.1, ..., 1, because no quantiles are equal, or not known (models before 0.2).
  std::vector<double> quantile_shares;
  double mean = 0;             ///< kinds number and date; kind text: of the number of words
  bool whole_numbers = false;  ///< kind number: no fractions in training
  std::vector<std::string> missing_spellings;  ///< kind category: missing tokens in training
  std::vector<std::string> missing_words;      ///< texts that mean missing only in this column
  std::vector<double> missing_numbers;         ///< numbers, or days, that stand for missing
  NumberFormat format;          ///< kind number: how texts of the training table are written
  DateFormat date;              ///< kind date: the same
  std::vector<DatePart> parts;  ///< kind date: those that differ in training; the first is `days`
  std::vector<std::string> since;  ///< kind date: the keys of the date columns before this one
  /// Kind number: set if different values would be equal as floats (ten-digit numbers, epoch
  /// seconds). The graph's input is then a double, and the model computes with
  /// `float(value - origin)`. Kind date: the first day.
  std::optional<double> origin;
  /// Kind text: turns texts into the numbers that the model computes with; shared by copies of the
  /// column. Null until training has fitted it.
  std::shared_ptr<const TextScorer> text;

  /// The code of the category with this value; nullopt if there is none.
  std::optional<std::uint32_t> code_of(std::string_view value) const;
  /// The code of a category by its text: the exact spelling first, then without regard to case and
  /// blanks if only one category matches; numbers match in any notation ("1.0" is 1). nullopt if no
  /// category matches.
  std::optional<std::uint32_t> code_of_text(std::string_view text) const;
  /// Kind number: the number of a text, in the column's format or plain; nullopt if it is none.
  std::optional<double> number_of(std::string_view text) const {
    return parse_number(text, format);
  }
  /// Kind number: the feature of a value. NaN for a number that stands for missing.
  float feature_of(double value) const {
    for (const double missing : missing_numbers) {
      if (origin ? value == missing : static_cast<float>(value) == static_cast<float>(missing)) {
        return kNoNumber;
      }
    }
    return static_cast<float>(origin ? value - *origin : value);
  }
  /// Kind date: the days of a text or a number (NaN is missing); nullopt if it is no date.
  std::optional<double> days_of(std::string_view text) const;
  std::optional<double> days_of(double number) const;
  /// The days, or NaN if they stand for missing.
  double known_days(double days) const;
  /// The inverse of feature_of(), to the precision of a double.
  double value_of(float feature) const { return origin.value_or(0) + static_cast<double>(feature); }
  bool had_missing() const { return optional; }
  /// True for the texts that mean missing in any column, and in this one.
  bool means_missing(std::string_view text) const;
  /// Kinds number and date: `, in training 0 to 72`; empty if the range is not known.
  std::string range_text() const;
  /// `0 to 72`, as above.
  std::string range_words() const;
  /// Kinds number and date: a value as text.
  std::string value_text(double value) const;
  /// Kinds number and date: whether a value is outside of the range of training, with some slack:
  /// for a number 5 % of the range at both ends, but below 0 only if training had numbers below 0;
  /// for a date the whole range, at least a year. False if the range is not known.
  bool is_outside(double value) const;
  static constexpr float kNoNumber = std::numeric_limits<float>::quiet_NaN();
  /// Kinds number and date: the median; 0 if it is not known.
  double typical_number() const { return quantiles.empty() ? 0 : quantiles[5]; }
};

/// A column that rows are known by, such as a customer's number. Models do not read it; it stands
/// in each prediction.
struct IdColumn {
  std::string name;      ///< as in the table
  std::string key;       ///< normalised; the name itself if another column's differs only in case
  bool numbers = false;  ///< its cells in training were whole numbers, written plainly
};

struct DroppedColumn {
  std::string name;
  std::string reason;
};

/// What a model predicts. A switch over tasks has no default, so that the compiler names each place
/// a new task concerns.
enum class TaskKind {
  binary,      ///< one of two classes: the second is the positive one, from a threshold on
  multiclass,  ///< one of several classes: the most probable one
  regression,  ///< a number, with a prediction interval
};

/// The task of this many classes.
constexpr TaskKind task_of(std::size_t classes) {
  return classes == 2 ? TaskKind::binary : TaskKind::multiclass;
}

struct Target {
  /// Numbers are grouped by tenths of the training rows where classes are asked for: to split rows,
  /// to find leaks, and to watch predictions.
  static constexpr std::size_t kTenths = 10;

  std::string name;
  std::string key;
  /// In the order of the model's probabilities. Of two classes, the second is the positive one.
  /// Empty for a number.
  std::vector<Category> classes;
  std::optional<NumberTarget> number;  ///< if it is a number

  TaskKind task() const;
  /// How many margins (linear scores) a model computes for a row: one for two classes, else one for
  /// each; of a number one, and one for the size of its error if it has intervals.
  std::size_t margins() const;
  /// How many numbers the model of a text column gives (Column::text): one for two classes and for
  /// a number, else one for each class.
  std::size_t text_outputs() const;
  /// How many numbers a model gives for a row: a probability of each class, or NumberOutputs
  /// (output_names()).
  std::size_t outputs() const { return number ? output_names(*number).size() : classes.size(); }
  /// The number of classes, or of tenths.
  std::size_t groups() const { return number ? kTenths : classes.size(); }
  /// The names of the classes or tenths; empty if the tenths are not known.
  std::vector<std::string> group_names() const;
  /// The tenth of a number, from 0; -1 for NaN. 0 for all others if the tenths are not known.
  int tenth_of(double value) const;
  /// The number of a text; NaN if it is none, or stands for missing.
  double number_of(std::string_view text) const;
  /// The number, or NaN if it stands for missing.
  double known_number(double value) const;
  /// The index of the class with this value; nullopt if there is none.
  std::optional<int> class_of(std::string_view value) const;
  /// The values of the classes, in order.
  std::vector<std::string> class_names() const;
};

struct TableSchema {
  std::vector<Column> columns;  ///< in the table's order
  std::vector<DroppedColumn> dropped;
  std::vector<IdColumn> ids;
  Target target;

  const Column* find(std::string_view key) const;
  /// The column of a name as users write it: the key or the exact name first; without regard to
  /// case and blanks if the column is not `exact`. Null if there is none.
  const Column* find_named(std::string_view name) const;
  std::vector<std::string> names() const;
  /// The keys of the target, the columns and the ids: all columns of a table that are used.
  std::vector<std::string> keys() const;
};

/// Column::key and Column::exact.
struct ColumnKey {
  std::string key;
  bool exact = false;
};

/// The keys of the columns of a table with these names: normalised, or the names themselves where
/// these differ only in case or blanks.
std::vector<ColumnKey> keys_of(const std::vector<std::string>& names);

std::string_view name_of(ColumnKind kind);
std::string_view name_of(DatePart part);

Json to_json(const TableSchema& schema);

/// Reads a target without columns, as in the card of an image classifier. Throws std::exception.
Target target_from_json(const Json& json);

/// Reads the output of to_json() and checks it. Throws Error(bad_model) if a part is missing, has
/// the wrong type or contradicts another.
TableSchema schema_from_json(const Json& json, const std::string& where);

}  // namespace vitrine::data
