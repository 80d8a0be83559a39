// Number columns that are codes, not amounts: a likelihood-ratio test compares one rate for each
// value with a logistic curve.
#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.h"
#include "data/table/inference/inference.h"
#include "data/table/value.h"

namespace vitrine::data {
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

}  // namespace

void find_codes(const RawTable& raw, const RawColumn& target_column,
                const std::vector<ReadingRules>& rules, const SchemaOptions& options,
                TableSchema& schema, std::vector<Warning>& warnings) {
  if (schema.target.task() != TaskKind::binary) return;
  for (Column& column : schema.columns) {
    const RawColumn& from = *raw.find(column.name);
    const ReadingRules& rule = rules[static_cast<std::size_t>(&from - raw.columns.data())];
    const bool kept = std::ranges::any_of(
        options.keep, [&](const std::string& name) { return raw.find(name) == &from; });
    if (column.kind != ColumnKind::number || !column.whole_numbers ||
        !column.missing_numbers.empty() || !column.format.plain ||
        from.form != RawColumn::Form::dictionary || kept) {
      continue;
    }
    const auto counts = count_values(from, target_column, schema.target);
    if (counts.size() < 3 || counts.size() > kMostCodes) continue;
    if (likelihood_ratio(counts) <= 10 + 2 * static_cast<double>(counts.size() - 2)) continue;
    Summary summary = summarise(from, raw.rows, rule);
    Column category;
    category.name = column.name;
    category.key = column.key;
    category.exact = column.exact;
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

}  // namespace vitrine::data
