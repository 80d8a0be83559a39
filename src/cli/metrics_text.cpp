#include "cli/metrics_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <ranges>
#include <set>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "cli/text_table.h"
#include "task/evaluation.h"

namespace vitrine::cli {
namespace {

std::string bar(double share, std::size_t width) {
  return std::string(static_cast<std::size_t>(share * static_cast<double>(width) + 0.5), '#');
}

/// The column that a warning begins with: "column 'NAME' ..."; else empty.
std::string column_of(const data::Warning& warning) {
  constexpr std::string_view kStart = "column '";
  if (!warning.message.starts_with(kStart)) return {};
  std::size_t end = warning.message.find("' ", kStart.size());
  end = std::min(end, warning.message.find("':", kStart.size()));
  return warning.message.substr(kStart.size(), end - kStart.size());
}

/// Warnings about columns are of one kind if they have one code and one hint, but for the name of
/// the column.
std::string kind_of(const data::Warning& warning) {
  const std::string quoted = "'" + column_of(warning) + "'";
  std::string hint = warning.hint;
  for (std::size_t at = hint.find(quoted); at != std::string::npos; at = hint.find(quoted, at)) {
    hint.erase(at, quoted.size());
  }
  return warning.code + "\n" + hint;
}

/// The ten most frequent confusions, most frequent first; empty if there are none.
std::string commonest_confusions(const Json& matrix, const std::vector<std::string>& labels) {
  constexpr std::size_t kMost = 10;
  const std::vector<task::Confusion> all = task::frequent_confusions(matrix);
  if (all.empty()) return "";
  std::string out = "  most frequent confusions:\n";
  for (const task::Confusion& one : all | std::views::take(kMost)) {
    out += fmt::format("  {:>6}  {} predicted as {}\n", with_commas(one.count), labels[one.truth],
                       labels[one.predicted]);
  }
  return out;
}

}  // namespace

std::string metrics_text(const Json& evaluation) {
  constexpr std::size_t kFewest = 10;
  const auto rows = whole_number<std::size_t>(evaluation.at("rows"));
  const Json before = evaluation.value("at_training", Json::object());
  const Json baseline = evaluation.value("baseline", Json::object());
  TextTable table(
      {"", before.empty() ? "value" : "here", "95 % interval", "at training", "baseline"});
  for (const task::MetricInfo& one : task::known_metrics()) {
    if (!evaluation.contains(one.key)) continue;
    const auto text = [&](const Json& number) {
      const double value = number.get<double>();
      if (one.in_units) return short_number(value);
      const std::string digits = fmt::format("{:.3f}", value);
      return digits == "-0.000" ? "0.000" : digits;
    };
    const auto of = [&](const Json& figures) {
      return figures.contains(one.key) ? text(figures.at(one.key)) : std::string();
    };
    const Json& interval = evaluation.at(std::string(one.key) + "_ci95");
    table.add({std::string(one.name), of(evaluation),
               rows < kFewest ? "" : text(interval.at(0)) + " to " + text(interval.at(1)),
               of(before), of(baseline)});
  }
  std::string out = table.text();
  if (rows < kFewest) out += "  (too few cases for intervals)\n";
  if (!baseline.empty()) {
    const std::string prediction = shown(baseline.at("prediction").get<std::string>(), 40);
    out += "  baseline: always " +
           (evaluation.contains("rmse") ? "the mean, " + prediction : "'" + prediction + "'") +
           "\n";
  }
  return out;
}

std::string confusion_text(const Json& evaluation, const data::Target& target) {
  constexpr std::size_t kWidest = 80;
  const Json& matrix = evaluation.at("confusion").at("rows_are_truth");
  std::vector<std::string> labels;
  for (const data::Category& one : target.classes) labels.push_back(shown(one.spelling, 24));
  const auto table_of = [&](bool whole) {
    std::vector<std::string> head{"actual"};
    if (whole) head.insert(head.end(), labels.begin(), labels.end());
    head.insert(head.end(), {"rows", "precision", "recall"});
    TextTable table(head);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      std::vector<std::string> cells{labels[i]};
      for (std::size_t j = 0; whole && j < labels.size(); ++j) {
        const auto count = whole_number<std::size_t>(matrix.at(i).at(j));
        cells.push_back(count == 0 ? "." : with_commas(count));
      }
      const Json& one = evaluation.at("classes").at(i);
      cells.push_back(with_commas(whole_number<std::size_t>(one.at("rows"))));
      cells.push_back(fmt::format("{:.3f}", one.at("precision").get<double>()));
      cells.push_back(fmt::format("{:.3f}", one.at("recall").get<double>()));
      table.add(cells);
    }
    return table.text();
  };
  const std::string whole = table_of(true);
  if (characters(whole.substr(0, whole.find('\n'))) <= kWidest) {
    return "  columns: predicted\n" + whole;
  }
  return table_of(false) + commonest_confusions(matrix, labels);
}

std::string calibration_text(const Json& evaluation) {
  std::string out = "  probability    rows        mean    observed\n";
  for (const Json& bin : evaluation.at("calibration")) {
    const auto rows = whole_number<std::size_t>(bin.at("rows"));
    if (rows == 0) continue;
    const double observed = bin.at("observed");
    out += fmt::format("  {:.1f} to {:.1f} {:>8}   {:9.3f}   {:9.3f}  {}\n",
                       bin.at("low").get<double>(), bin.at("high").get<double>(), with_commas(rows),
                       bin.at("confidence").get<double>(), observed, bar(observed, 30));
  }
  return out;
}

std::string warnings_text(std::span<const data::Warning> warnings) {
  constexpr std::size_t kMostAlike = 3;
  std::map<std::string, std::vector<std::string>> columns;  // by kind of warning
  for (const data::Warning& one : warnings) {
    const std::string column = column_of(one);
    std::vector<std::string>& alike = columns[kind_of(one)];
    if (!column.empty() && !std::ranges::contains(alike, column)) alike.push_back(column);
  }
  std::string out;
  std::set<std::string> said;
  for (const data::Warning& one : warnings) {
    const std::string kind = kind_of(one);
    const bool many = columns[kind].size() > kMostAlike;
    if (many && !said.insert(kind).second) continue;
    out += "warning: " + one.message + "\n";
    if (many) {
      const auto others = std::span(columns[kind]).subspan(1);
      out +=
          "  likewise " + counted(others.size(), "other column") + ": " + listed(others, 8) + "\n";
    }
    out += "  hint: " + one.hint + "\n";
  }
  return out;
}

}  // namespace vitrine::cli
