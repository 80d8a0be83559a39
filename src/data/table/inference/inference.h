// The parts of schema_inference.h, one file each.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/table/date_parts.h"
#include "data/table/inference/summary.h"
#include "data/table/schema_inference.h"

namespace vitrine::data {

/// The rules for each column: the formats of numbers, and the user's words for missing values.
/// Throws Error(usage) for an unknown column in `options`.
std::vector<ReadingRules> find_rules(const RawTable& raw, const SchemaOptions& options);

/// infer_columns() of schema_inference.h with these rules, for a target that is null if there is
/// none.
TableSchema infer_columns(const RawTable& raw, const std::vector<ReadingRules>& rules,
                          const Target* inferred, const SchemaOptions& options,
                          std::vector<Warning>& warnings);

/// The column that an option names. Throws Error(usage) if there is none, or if several differ from
/// it only in case or blanks.
const RawColumn& column_of_option(const RawTable& raw, const std::string& name,
                                  std::string_view option);

/// The words of a column's name in lower case: of camel case, or between other characters.
std::vector<std::string> words_of_name(const std::string& name);

/// How the dates of a column are written.
struct ColumnDates {
  DateFormat format;
  std::string example;       ///< unless ISO text
  bool ambiguous = false;    ///< another order reads other dates
  bool shows_order = false;  ///< the day or the month is first, for sure
};

/// The different texts of a column that are not missing, with their rows.
std::vector<CountedText> present_texts(const RawColumn& column);

/// The dates of a column with these texts, none of which is missing; nullopt if it is no column of
/// dates. Numbers are dates if all are like 20240725, or seconds or milliseconds since 1970 in a
/// column whose name is that of a time.
std::optional<ColumnDates> find_dates(const RawColumn& column, std::span<const CountedText> texts,
                                      std::optional<DateOrder> preferred);

/// Turns a column into dates; the summary has at least one.
void fill_date(Column& column, const Summary& summary, const DateFormat& format);

/// Sets Column::since of the date columns.
void link_dates(TableSchema& schema);

/// Says how the numbers of a column are written and read.
Warning format_warning(const RawColumn& column, const ReadingRules& rules);

/// Warns of a number that may stand for missing: the largest or smallest value, if it occurs often
/// and is far from all others or the only negative one, such as -200 among amounts.
void hint_at_sentinel(const std::string& name, const Summary& summary,
                      std::vector<Warning>& warnings);

/// Warns of a target whose different numbers would be equal as 32-bit floats.
void warn_of_lost_digits(const std::string& name, const std::vector<double>& sorted,
                         std::vector<Warning>& warnings);

/// The values at 0, 10, ..., 100 % of sorted values.
std::vector<double> quantiles_of(const std::vector<double>& sorted);

/// Column::quantile_shares.
std::vector<double> quantile_shares_of(const std::vector<double>& sorted,
                                       const std::vector<double>& quantiles);
double mean_of(const std::vector<double>& values);

/// Whether a column is one of numbers: nearly all of its values are, or most are and it would be no
/// useful column of categories.
bool is_number(const Summary& summary, const RawColumn& raw);

/// Whether a column of whole numbers that differ in nearly every row is an identifier.
enum class Identity {
  none,    ///< measurements
  likely,  ///< spread evenly over a wide range: an identifier, unless it predicts the target
  sure     ///< numbers in sequence, or with the name of an identifier
};

/// Judges the numbers of a column and its name.
Identity identity_of(const Summary& summary, const std::string& name);

/// The classes of a target's rows, or the tenths of its numbers.
struct TargetGroups {
  std::vector<std::uint32_t> of_row;  ///< `count` for rows without a value
  std::size_t count = 0;
};
TargetGroups groups_of_target(const RawColumn& column, const Target& target);

/// True if the groups of the target differ along the values of a column by more than chance: a
/// chi-squared test over ten bins of equal size.
bool predicts(const RawColumn& column, const ReadingRules& rules, const TargetGroups& target);

/// Whether a column is free text: texts of several words of which most differ, or too many for
/// categories, and most of which are neither numbers nor dates.
bool is_free_text(const RawColumn& raw, const ReadingRules& rules);

/// Turns a column of texts into free text, without a model yet.
void fill_text(Column& column, const RawColumn& raw);

/// Turns a column into categories.
void fill_categories(Column& column, Summary& summary, std::vector<Warning>& warnings);

/// Warns of spellings that differ only in case or blanks; they are separate categories.
void warn_of_spellings(const std::string& what, const std::vector<Category>& categories,
                       std::vector<Warning>& warnings);

Target infer_target(const RawTable& raw, const RawColumn& column, const ReadingRules& rules,
                    const SchemaOptions& options, std::vector<Warning>& warnings);

/// Turns whole numbers with at most kMostCodes values that are codes, not amounts, into categories:
/// for two classes, if the rate of the positive class differs from a logistic curve by more than
/// random variation (above the 99.9 % quantile of chi-squared, roughly 10 + 2 * degrees of
/// freedom).
void find_codes(const RawTable& raw, const RawColumn& target_column,
                const std::vector<ReadingRules>& rules, const SchemaOptions& options,
                TableSchema& schema, std::vector<Warning>& warnings);

}  // namespace vitrine::data
