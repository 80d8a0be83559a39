// What a model knows of its table: columns, categories, classes. Found from the
// data by `infer_schema`, kept in the card, obeyed by every later step.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace vitrine {

enum class ColumnKind { number, category };

struct Category {
  /// What is answered, different for each: normalised, or, where another category differs from it
  /// by case or blanks only, the spelling itself.
  std::string value;
  std::string spelling;               ///< as most often written in the training table
  std::vector<std::string> variants;  ///< every spelling met, blanks included
  std::uint64_t count = 0;            ///< rows of the training table
  /// Another category differs by case or blanks only: matched by its exact spelling (blanks at both
  /// ends apart), never loosely.
  bool exact = false;
};

/// Categories of the spellings met (`variants[0]`, one a category; spellings that differ by the
/// blanks at both ends only are one). Values are set and unique, `exact` is marked; sorted by
/// value.
std::vector<Category> categories_of_spellings(std::vector<Category> spellings);

/// The same of names that keep their order; no two are alike without the blanks at both ends.
std::vector<Category> classes_of_names(const std::vector<std::string>& names);

/// A column that the model takes.
struct Column {
  std::string name;  ///< as in the table
  std::string key;   ///< normalised
  ColumnKind kind = ColumnKind::number;
  bool optional = false;             ///< may be missing: it was in training
  double missing_share = 0;          ///< in [0, 1], of the training rows
  std::vector<Category> categories;  ///< kind category: by value; the place is the code
  std::uint64_t rare_rows = 0;       ///< kind category: rows with values too rare to keep
  /// kind number: 0, 10, ..., 100 %; empty where the training table is not known
  std::vector<double> quantiles;
  double mean = 0;                             ///< kind number
  bool whole_numbers = false;                  ///< kind number: no fractions were met
  std::vector<std::string> missing_spellings;  ///< kind category: cells met that mean missing
  std::vector<std::string> missing_words;      ///< texts that mean missing in this column alone
  std::optional<double> missing_number;        ///< a number that stands for missing (99999999)
  /// Kind number, where floats would merge different values (ten-digit numbers, epoch seconds): the
  /// graph's input is a double, and the model computes with `float(value - origin)`.
  std::optional<double> origin;

  /// The code of a category by its value, if it is known.
  std::optional<std::uint32_t> code_of(std::string_view value) const;
  /// The code of a category as written: its exact spelling first, then without regard to case and
  /// to blanks where that names one category only; numbers match however they are written ("1.0"
  /// is 1).
  std::optional<std::uint32_t> code_of_text(std::string_view text) const;
  /// Kind number: what the model computes with. NaN for the number that stands for missing.
  float feature_of(double value) const {
    if (origin) return value == missing_number ? kNoNumber : static_cast<float>(value - *origin);
    const auto feature = static_cast<float>(value);
    return feature == missing_feature() ? kNoNumber : feature;
  }
  /// The way back from feature_of(): the value, to the last digit that a double holds.
  double value_of(float feature) const { return origin.value_or(0) + static_cast<double>(feature); }
  /// The feature that engines take for missing beside NaN, as the graph does; NaN for none.
  float missing_feature() const {
    return missing_number && !origin ? static_cast<float>(*missing_number) : kNoNumber;
  }
  bool had_missing() const { return optional; }
  /// Kind number: `, in training 0 to 72`; nothing where the range is not known.
  std::string range_text() const;
  static constexpr float kNoNumber = std::numeric_limits<float>::quiet_NaN();
  /// Kind number: the median, 0 where it is not known.
  double typical_number() const { return quantiles.empty() ? 0 : quantiles[5]; }
};

struct DroppedColumn {
  std::string name;
  std::string reason;
};

struct Target {
  std::string name;
  std::string key;
  /// In the order of the model's probabilities. Two classes: the positive one is
  /// the second.
  std::vector<Category> classes;

  bool binary() const { return classes.size() == 2; }
  /// The class of that value.
  std::optional<int> class_of(std::string_view value) const;
  /// The classes' normalised values, in order.
  std::vector<std::string> class_names() const;
};

/// Something in the data that its owner should know. `code` is stable:
/// programs may look for it.
struct Warning {
  std::string code;
  std::string message;
  std::string hint;
};

struct TableSchema {
  std::vector<Column> columns;  ///< in the table's order
  std::vector<DroppedColumn> dropped;
  Target target;

  const Column* find(std::string_view key) const;
  std::vector<std::string> names() const;
  /// Of the columns and the target: all that a table is looked at for.
  std::vector<std::string> keys() const;
};

std::string_view name_of(ColumnKind kind);

Json to_json(const TableSchema& schema);
Json to_json(const std::vector<Warning>& warnings);

/// A target alone, as in the card of a model of photos. Throws std::exception.
Target target_from_json(const Json& json);

/// Reads what to_json wrote. Never trusts it: throws Error(bad_model) where a
/// part is missing, of the wrong type or contradicts another.
TableSchema schema_from_json(const Json& json, const std::string& where);

}  // namespace vitrine
