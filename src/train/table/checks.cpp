#include "train/table/checks.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <utility>

#include "base/parallel.h"
#include "base/text.h"
#include "metrics/drift.h"

namespace vitrine::train {
namespace {

constexpr double kDriftLimit = 0.25;
constexpr std::size_t kNumberBins = 200;
/// The largest share of the errors of always predicting the largest class. Columns without leakage
/// can come close (the petal length of irises has 0.06, and with 60 rows 0.025).
constexpr double kLeakLimit = 0.02;
/// With fewer errors of always predicting the largest class, columns are not checked.
constexpr double kFewErrors = 15;
/// With fewer rows the search for leaks uses ten folds, not two, because each row matters.
constexpr std::size_t kFewRows = 5000;

/// Cuts at the quantiles of the known values, for at most `bins` bins.
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

/// The numbers of a column, or its days since 1970; none for categories.
class NumbersOf {
 public:
  /// `data` must outlive it.
  explicit NumbersOf(const data::ColumnData& data) {
    if (const auto* numbers = std::get_if<data::Numbers>(&data.values)) numbers_ = numbers;
    const auto* days = std::get_if<data::Days>(&data.values);
    if (days == nullptr) return;
    for (const double day : *days) own_.push_back(static_cast<float>(day));
    numbers_ = &own_;
  }
  NumbersOf(const NumbersOf&) = delete;
  NumbersOf& operator=(const NumbersOf&) = delete;

  explicit operator bool() const { return numbers_ != nullptr; }
  const std::vector<float>& operator*() const { return *numbers_; }

 private:
  std::vector<float> own_;  ///< of days
  const std::vector<float>* numbers_ = nullptr;
};

/// A column in bins: its categories, or ranges of its numbers. The last two bins are for missing
/// and unseen values.
struct Binned {
  std::size_t bins = 0;
  std::vector<std::uint32_t> bin;
};

/// `numbers` are those of `data`.
Binned bin_column(const data::Column& column, const data::ColumnData& data,
                  const NumbersOf& numbers, const std::vector<float>& cuts) {
  Binned out;
  switch (column.kind) {
    case data::ColumnKind::number:
    case data::ColumnKind::date: {
      const auto ranges = static_cast<std::uint32_t>(cuts.size() + 1);
      for (const float value : *numbers) {
        const auto range = std::ranges::upper_bound(cuts, value) - cuts.begin();
        out.bin.push_back(std::isnan(value) ? ranges : static_cast<std::uint32_t>(range));
      }
      out.bins = ranges + 2;
      break;
    }
    case data::ColumnKind::category: {
      const auto categories = static_cast<std::uint32_t>(column.categories.size());
      for (const std::uint32_t code : data.codes()) {
        out.bin.push_back(code == data::kMissingCode ? categories : std::min(code, categories + 1));
      }
      out.bins = categories + 2;
      break;
    }
    case data::ColumnKind::text:  // not checked: one bin
      out = {1, std::vector<std::uint32_t>(data.texts().size(), 0)};
      break;
  }
  return out;
}

/// The held-out rows of fold `which` of `parts`. Folds are chosen by a hash of the row number,
/// because the order of rows may be periodic.
struct HeldOut {
  std::size_t which = 0;
  std::size_t parts = 2;
  bool has(std::size_t row) const { return hash(row) % parts == which; }
  static std::uint64_t hash(std::uint64_t row) {
    row = (row + 1) * 0x9E3779B97F4A7C15U;
    row = (row ^ (row >> 32)) * 0xD6E8FEB86659FD93U;
    return row ^ (row >> 32);
  }
};

/// The number of held-out rows whose class is not the most frequent class of their bin in the other
/// rows.
std::size_t wrong_predictions(const Binned& column, const std::vector<int>& labels,
                              std::size_t classes, const HeldOut& held_out) {
  std::vector<std::uint32_t> counts(column.bins * classes, 0);
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (held_out.has(row)) continue;
    ++counts[column.bin[row] * classes + static_cast<std::size_t>(labels[row])];
  }
  std::size_t wrong = 0;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (!held_out.has(row)) continue;
    const auto first = counts.begin() + static_cast<std::ptrdiff_t>(column.bin[row] * classes);
    const auto answer =
        std::max_element(first, first + static_cast<std::ptrdiff_t>(classes)) - first;
    wrong += answer == labels[row] ? 0 : 1;
  }
  return wrong;
}

/// Cuts of a number column at class changes: the entropy-based discretisation of Fayyad and Irani
/// (1993), which cuts where this decreases the minimum description length.
class ClassCuts {
 public:
  /// Uses the rows that are not held out and have a value: all, or a sample of about kMostRows.
  ClassCuts(const std::vector<float>& numbers, const std::vector<int>& labels, std::size_t classes,
            const HeldOut& held_out)
      : classes_(classes) {
    const std::size_t step = labels.size() / kMostRows;
    for (std::size_t row = 0; row < labels.size(); ++row) {
      if (held_out.has(row) || std::isnan(numbers[row])) continue;
      if (step > 1 && (HeldOut::hash(row) >> 20) % step != 0) continue;
      rows_.push_back({numbers[row], static_cast<std::size_t>(labels[row])});
    }
    std::ranges::sort(rows_);
    find(0, rows_.size(), kMostLevels);
    std::ranges::sort(cuts_);
  }
  const std::vector<float>& cuts() const { return cuts_; }

 private:
  using Counts = std::vector<double>;
  static constexpr int kMostLevels = 8;
  static constexpr std::size_t kMostRows = 20000;

  /// The entropy in bits, and the number of classes present.
  static std::pair<double, double> entropy(const Counts& counts, double rows) {
    double bits = 0;
    double present = 0;
    for (const double count : counts) {
      if (count == 0) continue;
      bits -= count / rows * std::log2(count / rows);
      ++present;
    }
    return {bits, present};
  }

  void find(std::size_t begin, std::size_t end, int levels) {
    if (levels == 0 || end - begin < 4) return;
    Counts all(classes_, 0);
    for (std::size_t i = begin; i < end; ++i) ++all[rows_[i].second];
    const auto n = static_cast<double>(end - begin);
    const auto [whole, whole_classes] = entropy(all, n);
    Counts left(classes_, 0);
    Counts right = all;
    std::size_t best = begin;
    double least = whole;
    for (std::size_t i = begin; i + 1 < end; ++i) {
      ++left[rows_[i].second];
      --right[rows_[i].second];
      if (rows_[i].first == rows_[i + 1].first) continue;
      const auto m = static_cast<double>(i + 1 - begin);
      const double split = (m * entropy(left, m).first + (n - m) * entropy(right, n - m).first) / n;
      if (split >= least) continue;
      least = split;
      best = i + 1;
    }
    if (best == begin || !is_significant(begin, best, end, whole, whole_classes, whole - least))
      return;
    cuts_.push_back(std::midpoint(rows_[best - 1].first, rows_[best].first));
    find(begin, best, levels - 1);
    find(best, end, levels - 1);
  }

  bool is_significant(std::size_t begin, std::size_t cut, std::size_t end, double whole,
                      double whole_classes, double gain) const {
    const auto of = [&](std::size_t from, std::size_t to) {
      Counts counts(classes_, 0);
      for (std::size_t i = from; i < to; ++i) ++counts[rows_[i].second];
      return entropy(counts, static_cast<double>(to - from));
    };
    const auto [left, left_classes] = of(begin, cut);
    const auto [right, right_classes] = of(cut, end);
    const auto n = static_cast<double>(end - begin);
    const double delta = std::log2(std::pow(3.0, std::min(whole_classes, 100.0)) - 2) -
                         (whole_classes * whole - left_classes * left - right_classes * right);
    return gain > (std::log2(n - 1) + delta) / n;
  }

  std::size_t classes_;
  std::vector<std::pair<float, std::size_t>> rows_;
  std::vector<float> cuts_;
};

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

void check_duplicates(const data::Split& split, std::vector<data::Warning>& warnings) {
  if (split.conflicting_rows > 0) {
    warnings.push_back({"conflicting_duplicates",
                        counted(split.conflicting_rows, "row") +
                            " are equal in every column but differ in the target",
                        "no model can distinguish them; add a column that can, or fix the target"});
  }
  if (split.common_rows > 0) {
    warnings.push_back({"common_rows",
                        counted(split.common_rows, "row") +
                            " have the same few combinations of values, each a large part of "
                            "the table or of a class",
                        "they are split into training and test rows one by one; more columns would "
                        "distinguish them"});
  }
  if (split.row_by_row) {
    warnings.push_back({"few_different_rows",
                        "there are only " + counted(split.groups, "different row") +
                            ", so equal rows are on both sides of the split",
                        "the metrics show how well the classes of known rows are predicted, not "
                        "those of new rows; more columns would help"});
  } else if (split.duplicate_rows > split.common_rows) {
    warnings.push_back(
        {"duplicates",
         counted(split.duplicate_rows - split.common_rows, "row") + " repeat an earlier row",
         "they are kept on one side of every split, so that they do not distort the metrics; "
         "remove "
         "them if they are mistakes"});
  }
}

void check_leaks(const data::TableSchema& schema, const data::Table& table,
                 std::vector<data::Warning>& warnings) {
  const std::size_t classes = schema.target.groups();
  const auto rows = static_cast<double>(table.rows);
  const std::size_t parts = table.rows < kFewRows ? 10 : 2;
  const auto errors_of = [&](const data::Column* column, const data::ColumnData& data,
                             const NumbersOf& numbers, bool equal_shares) {
    std::size_t errors = 0;
    for (HeldOut held_out{0, parts}; held_out.which < parts; ++held_out.which) {
      Binned binned{1, std::vector<std::uint32_t>(table.rows, 0)};
      if (column != nullptr) {
        std::vector<float> cuts;
        if (numbers) {
          cuts = equal_shares
                     ? cuts_of(*numbers, std::clamp<std::size_t>(table.rows / 10, 2, kNumberBins))
                     : ClassCuts(*numbers, table.labels, classes, held_out).cuts();
        }
        binned = bin_column(*column, data, numbers, cuts);
      }
      errors += wrong_predictions(binned, table.labels, classes, held_out);
    }
    return static_cast<double>(errors);
  };
  const double base_errors = errors_of(nullptr, {}, NumbersOf({}), false);
  if (base_errors < kFewErrors) return;
  std::vector<double> errors(schema.columns.size());
  parallel_for(errors.size(), [&](std::size_t i) {
    const data::Column& column = schema.columns[i];
    const NumbersOf numbers(table.columns[i]);
    errors[i] = errors_of(&column, table.columns[i], numbers, false);
    // If classes change too often for cuts at class changes, quantiles may work.
    if (numbers) {
      errors[i] = std::min(errors[i], errors_of(&column, table.columns[i], numbers, true));
    }
  });
  for (std::size_t i = 0; i < errors.size(); ++i) {
    if (errors[i] > kLeakLimit * base_errors) continue;
    const data::Column& column = schema.columns[i];
    warnings.push_back(
        {"leak",
         "column '" + column.name + "' alone predicts the target (" +
             (schema.target.number ? "the right tenth of its values in " : "correct in ") +
             number(100 * (1 - errors[i] / rows)) + " % of the rows)",
         "if it is not known at prediction time, leave it out: --drop '" + column.name + "'"});
  }
}

void check_drift(const data::TableSchema& schema, const data::Table& table,
                 const data::Table& later, std::vector<data::Warning>& warnings) {
  constexpr std::size_t kBins = 10;
  // The expected index without drift is (bins - 1) * (1/n + 1/m).
  const double noise = 1 / static_cast<double>(table.rows) + 1 / static_cast<double>(later.rows);
  const auto limit = [&](std::size_t bins) {
    return kDriftLimit + static_cast<double>(bins - 1) * noise;
  };
  const auto add = [&](const std::string& what, double index) {
    warnings.push_back({"drift",
                        what +
                            " differs between the training and the test table "
                            "(population stability index " +
                            number(index) + ")",
                        "find out what changed; the metrics on the test table show the effect"});
  };
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    const data::Column& column = schema.columns[i];
    // Later dates are expected, and each text is new.
    if (column.kind == data::ColumnKind::date || column.kind == data::ColumnKind::text) continue;
    const NumbersOf numbers(table.columns[i]);
    const NumbersOf later_numbers(later.columns[i]);
    const auto cuts = numbers ? cuts_of(*numbers, kBins) : std::vector<float>{};
    const auto expected = counts_of(bin_column(column, table.columns[i], numbers, cuts));
    const auto actual = counts_of(bin_column(column, later.columns[i], later_numbers, cuts));
    const double index = metrics::population_stability_index(expected, actual);
    if (index > limit(expected.size())) add("column '" + column.name + "'", index);
  }
  std::vector<double> expected(schema.target.groups(), 0.0);
  std::vector<double> actual = expected;
  for (const int label : table.labels) expected[static_cast<std::size_t>(label)] += 1;
  for (const int label : later.labels) {
    if (label >= 0) actual[static_cast<std::size_t>(label)] += 1;
  }
  const double index = metrics::population_stability_index(expected, actual);
  if (index > limit(expected.size()))
    add("the share of the classes of '" + schema.target.name + "'", index);
}

}  // namespace vitrine::train
