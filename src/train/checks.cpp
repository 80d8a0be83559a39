#include "train/checks.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/text.h"
#include "metrics/drift.h"

namespace vitrine {
namespace {

constexpr std::size_t kNumberBins = 200;
constexpr double kDriftLimit = 0.25;

/// Cuts at equal shares of the known values, at most kNumberBins of them.
std::vector<float> cuts_of(const std::vector<float>& numbers, std::size_t bins) {
  std::vector<float> known;
  for (const float value : numbers) {
    if (!std::isnan(value)) known.push_back(value);
  }
  std::ranges::sort(known);
  std::vector<float> cuts;
  for (std::size_t i = 1; i < bins && !known.empty(); ++i) {
    const float cut = known[known.size() * i / bins];
    if (cuts.empty() || cut > cuts.back()) cuts.push_back(cut);
  }
  return cuts;
}

/// A column in bins: its categories or ranges of its numbers; the last two are
/// missing and unseen.
struct Binned {
  std::size_t bins = 0;
  std::vector<std::uint32_t> bin;
};

Binned bin_column(const Column& column, const ColumnData& data, const std::vector<float>& cuts) {
  Binned out;
  if (column.kind == ColumnKind::number) {
    const auto ranges = static_cast<std::uint32_t>(cuts.size() + 1);
    for (const float value : data.numbers) {
      out.bin.push_back(
          std::isnan(value)
              ? ranges
              : static_cast<std::uint32_t>(std::ranges::upper_bound(cuts, value) - cuts.begin()));
    }
    out.bins = ranges + 2;
    return out;
  }
  const auto categories = static_cast<std::uint32_t>(column.categories.size());
  for (const std::uint32_t code : data.codes) {
    out.bin.push_back(code == kMissingCode ? categories : std::min(code, categories + 1));
  }
  out.bins = categories + 2;
  return out;
}

/// Which half a row falls into: by a hash, for rows may come in a rhythm.
bool judges(std::size_t row) { return ((row * 0x9E3779B97F4A7C15U) >> 40 & 1) != 0; }

/// How many judging rows the most frequent class of their bin on the others gets
/// right.
std::size_t right_answers(const Binned& column, const std::vector<int>& labels,
                          std::size_t classes) {
  std::vector<std::uint32_t> counts(column.bins * classes, 0);
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (judges(row)) continue;
    ++counts[column.bin[row] * classes + static_cast<std::size_t>(labels[row])];
  }
  std::size_t right = 0;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (!judges(row)) continue;
    const auto first = counts.begin() + static_cast<std::ptrdiff_t>(column.bin[row] * classes);
    const auto answer =
        std::max_element(first, first + static_cast<std::ptrdiff_t>(classes)) - first;
    right += answer == labels[row];
  }
  return right;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

std::vector<double> counts_of(const Binned& column) {
  std::vector<double> counts(column.bins, 0.0);
  for (const auto bin : column.bin) counts[bin] += 1;
  return counts;
}

}  // namespace

void check_duplicates(const Split& split, std::vector<Warning>& warnings) {
  if (split.conflicting_rows > 0) {
    warnings.push_back({"conflicting_duplicates",
                        counted(split.conflicting_rows, "row") +
                            " are alike in every column but differ in the target",
                        "no model can tell them apart; add a column that can, or mend the target"});
  }
  if (split.row_by_row) {
    warnings.push_back({"few_different_rows",
                        "there are " + counted(split.groups, "different row") +
                            " only: equal rows stand on both sides of the split",
                        "figures tell how well the classes of known rows are guessed, not how well "
                        "new kinds of rows are; more columns would help"});
  } else if (split.duplicate_rows > 0) {
    warnings.push_back({"duplicates",
                        counted(split.duplicate_rows, "row") + " repeat an earlier row",
                        "they are kept on one side of every split, so they don't flatter the "
                        "figures; remove them if they are mistakes"});
  }
}

void check_leaks(const TableSchema& schema, const Table& table, std::vector<Warning>& warnings) {
  const std::size_t classes = schema.target.classes.size();
  const Binned nothing{1, std::vector<std::uint32_t>(table.rows, 0)};
  double judged = 0;
  for (std::size_t row = 0; row < table.rows; ++row) judged += judges(row) ? 1 : 0;
  if (judged < 10) return;
  const double base_errors =
      judged - static_cast<double>(right_answers(nothing, table.labels, classes));
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    const Column& column = schema.columns[i];
    const auto cuts = cuts_of(table.columns[i].numbers, kNumberBins);
    const Binned binned = bin_column(column, table.columns[i], cuts);
    const double errors =
        judged - static_cast<double>(right_answers(binned, table.labels, classes));
    if (base_errors < 5 || errors > 0.1 * base_errors) continue;
    warnings.push_back(
        {"leak",
         "column '" + column.name + "' alone gives the target away (right in " +
             number(100 * (1 - errors / judged)) + " % of the rows)",
         "if it is known only after the fact, leave it out: --drop '" + column.name + "'"});
  }
}

void check_drift(const TableSchema& schema, const Table& table, const Table& later,
                 std::vector<Warning>& warnings) {
  constexpr std::size_t kBins = 10;
  // What chance alone brings: (bins - 1) (1/n + 1/m).
  const double chance = 1 / static_cast<double>(table.rows) + 1 / static_cast<double>(later.rows);
  const auto limit = [&](std::size_t bins) {
    return kDriftLimit + static_cast<double>(bins - 1) * chance;
  };
  const auto add = [&](const std::string& what, double index) {
    warnings.push_back({"drift",
                        what +
                            " differs between the training and the test table "
                            "(population stability index " +
                            number(index) + ")",
                        "find out what changed; figures on the test table show what it costs"});
  };
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    const Column& column = schema.columns[i];
    const auto cuts = cuts_of(table.columns[i].numbers, kBins);
    const auto expected = counts_of(bin_column(column, table.columns[i], cuts));
    const auto actual = counts_of(bin_column(column, later.columns[i], cuts));
    const double index = population_stability_index(expected, actual);
    if (index > limit(expected.size())) add("column '" + column.name + "'", index);
  }
  std::vector<double> expected(schema.target.classes.size(), 0.0);
  std::vector<double> actual = expected;
  for (const int label : table.labels) expected[static_cast<std::size_t>(label)] += 1;
  for (const int label : later.labels) {
    if (label >= 0) actual[static_cast<std::size_t>(label)] += 1;
  }
  const double index = population_stability_index(expected, actual);
  if (index > limit(expected.size()))
    add("the share of the classes of '" + schema.target.name + "'", index);
}

}  // namespace vitrine
