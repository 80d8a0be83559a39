// Columns that are identifiers of rows: by their name, or by the distribution of their numbers.
#include <algorithm>
#include <array>
#include <cmath>

#include "data/table/inference/inference.h"

namespace vitrine::data {
namespace {

/// True if whole numbers are spread evenly between the smallest and the largest, as ids are and
/// measurements are not: a Kolmogorov-Smirnov test against the uniform distribution.
bool are_spread_evenly(const std::vector<double>& sorted) {
  constexpr std::size_t kFewValues = 100;
  constexpr double kLimit = 1.36;  // the 95 % quantile of the test statistic times sqrt(n)
  if (sorted.size() < kFewValues) return false;
  const auto n = static_cast<double>(sorted.size());
  const double span = sorted.back() - sorted.front() + 1;
  double largest = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const double expected = (sorted[i] - sorted.front() + 0.5) / span;
    largest = std::max(largest, std::abs(expected - (static_cast<double>(i) + 0.5) / n));
  }
  return largest * std::sqrt(n) < kLimit;
}

/// True for names of identifiers: `id`, `customer_id`, `CustomerID`, `user.id`, `RowNumber`,
/// `order no`, `Kundennummer`.
bool is_identifier_name(const std::string& name) {
  const std::vector<std::string> words = words_of_name(name);
  if (words.empty()) return false;
  constexpr auto kLast =
      std::to_array<std::string_view>({"id", "ids", "uid", "uuid", "guid", "index", "idx", "row",
                                       "no", "nr", "nummer", "number", "num", "key", "pk"});
  constexpr auto kEndings = std::to_array<std::string_view>(
      {"nummer", "userid", "customerid", "clientid", "passengerid", "employeeid", "orderid",
       "memberid", "patientid", "productid", "accountid", "rownumber", "uuid", "kundennr"});
  if (std::ranges::contains(kLast, words.back())) return true;
  return std::ranges::any_of(kEndings, [&](auto end) { return words.back().ends_with(end); });
}

}  // namespace

std::vector<std::string> words_of_name(const std::string& name) {
  std::vector<std::string> words{""};
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto upper = [&](std::size_t at) { return name[at] >= 'A' && name[at] <= 'Z'; };
    const bool letter = upper(i) || (name[i] >= 'a' && name[i] <= 'z');
    if (!letter || (i > 0 && upper(i) && !upper(i - 1))) words.emplace_back();
    if (letter) words.back() += static_cast<char>(name[i] | 0x20);
  }
  std::erase(words, "");
  return words;
}

Identity identity_of(const Summary& summary, const std::string& name) {
  constexpr double kDistinct = 0.95;
  const auto& values = summary.values;
  if (values.size() < 20 || !summary.whole()) return Identity::none;
  const auto distinct = static_cast<double>(summary.distinct_numbers);
  if (distinct < kDistinct * static_cast<double>(values.size())) return Identity::none;
  if (is_identifier_name(name)) return Identity::sure;
  // Years are consecutive too, but small.
  constexpr double kYears = 2100;
  const bool from_start = values.front() <= 1 || values.front() > kYears;
  if (values.back() - values.front() + 1 == distinct) {
    return from_start ? Identity::sure : Identity::likely;
  }
  return are_spread_evenly(values) ? Identity::likely : Identity::none;
}

TargetGroups groups_of_target(const RawColumn& column, const Target& target) {
  if (!target.number) return {column.codes, column.texts.size()};
  const auto group = [&](double number) {
    const int tenth = target.tenth_of(number);
    return static_cast<std::uint32_t>(tenth < 0 ? Target::kTenths : tenth);
  };
  TargetGroups out{{}, Target::kTenths};
  std::vector<std::uint32_t> of_text;
  for (const std::string& text : column.texts) of_text.push_back(group(target.number_of(text)));
  for (const std::uint32_t code : column.codes) out.of_row.push_back(of_text[code]);
  for (const double number : column.numbers)
    out.of_row.push_back(group(target.known_number(number)));
  return out;
}

bool predicts(const RawColumn& column, const ReadingRules& rules, const TargetGroups& target) {
  if (target.of_row.empty()) return false;
  std::vector<std::pair<double, std::uint32_t>> rows;  // value, class
  if (column.form == RawColumn::Form::dictionary) {
    std::vector<std::optional<double>> numbers;
    for (const std::string& text : column.texts)
      numbers.push_back(parse_number(text, rules.format));
    for (std::size_t row = 0; row < column.codes.size(); ++row) {
      const auto number = numbers[column.codes[row]];
      if (number && target.of_row[row] < target.count) {
        rows.emplace_back(*number, target.of_row[row]);
      }
    }
  } else {
    for (std::size_t row = 0; row < column.numbers.size(); ++row) {
      if (!std::isnan(column.numbers[row]) && target.of_row[row] < target.count) {
        rows.emplace_back(column.numbers[row], target.of_row[row]);
      }
    }
  }
  constexpr std::size_t kBins = 10;
  std::ranges::sort(rows);
  std::vector<double> of_class(target.count, 0);
  std::vector<double> counts(kBins * target.count, 0);
  std::vector<double> of_bin(kBins, 0);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::size_t bin = i * kBins / rows.size();
    counts[bin * target.count + rows[i].second] += 1;
    of_class[rows[i].second] += 1;
    of_bin[bin] += 1;
  }
  double statistic = 0;
  double classes = 0;
  for (std::size_t k = 0; k < of_class.size(); ++k) {
    if (of_class[k] < 5 * kBins) continue;  // too few for the test
    classes += 1;
    for (std::size_t bin = 0; bin < kBins; ++bin) {
      const double expected = of_class[k] * of_bin[bin] / static_cast<double>(rows.size());
      const double difference = counts[bin * of_class.size() + k] - expected;
      statistic += difference * difference / expected;
    }
  }
  // About the 99.99 % quantile.
  const double freedom = (kBins - 1) * std::max(1.0, classes - 1);
  return classes > 0 && statistic > freedom + 4.5 * std::sqrt(2 * freedom);
}

}  // namespace vitrine::data
