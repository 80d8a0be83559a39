#include "report/model_sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <ranges>
#include <vector>

#include "base/text.h"
#include "base/version.h"
#include "data/table/date.h"
#include "report/html.h"
#include "report/slices.h"
#include "task/metric.h"

namespace vitrine::report {
namespace {

std::string term(std::string_view name, const std::string& html) {
  return html.empty() ? "" : fmt::format("<dt>{}</dt><dd>{}</dd>", name, html);
}

/// A text of the card's JSON as HTML; empty if it is not there.
std::string text_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || !found->is_string()
             ? ""
             : html_text(found->get_ref<const std::string&>(), 80);
}

std::string today() {
  const auto day = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  return data::date_text(static_cast<double>(day.time_since_epoch().count()), /*times=*/false);
}

constexpr const char* kScroll = "<div class=\"scroll\" tabindex=\"0\">";

}  // namespace

std::string provenance(const model::Card& card) {
  const Json& training = card.training;
  std::string trained;
  if (training.contains("rows") && training["rows"].is_number_unsigned()) {
    trained = counted(training["rows"].get<std::size_t>(), card.of_photos() ? "photo" : "row");
  }
  const std::string digest = text_in(training, "data_sha256");
  const Json versions = training.value("versions", Json::object());
  const std::string version = versions.is_object() ? text_in(versions, "vitrine") : "";
  return "<dl>" + term("Report", today() + ", Vitrine " + kVersion) + term("Trained on", trained) +
         term("Training data", digest.empty() ? "" : "SHA-256 <code>" + digest + "</code>") +
         term("Trained by", version.empty() ? "" : "Vitrine " + version) + "</dl>\n";
}

std::string importances(const model::Card& card) {
  constexpr std::size_t kMost = 15;
  const auto& columns = card.importance.columns;
  if (columns.empty() || columns.front().loss_increase <= 0) return "";
  const bool number = card.schema.target.number.has_value();
  std::string out = fmt::format(
      "<h2>Important columns</h2>\n<p class=\"note\">How much the {} of the test set rises when "
      "the values of a column are shuffled.</p>\n{}<table><tbody>\n",
      number ? "RMSE" : "log loss", kScroll);
  for (const auto& one : columns | std::views::take(kMost)) {
    const data::Column* column = card.schema.find(one.key);
    const double share = std::max(0.0, one.loss_increase / columns.front().loss_increase);
    out += fmt::format(
        "<tr><th scope=\"row\">{}</th><td>{}</td><td><svg class=\"bar\" viewBox=\"0 0 100 1\" "
        "preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"blue\" width=\"{:.1f}\" "
        "height=\"1\"/></svg></td></tr>\n",
        html_text(column != nullptr ? column->name : one.key, 60),
        number ? short_number(one.loss_increase) : html_number(one.loss_increase, 4), 100 * share);
  }
  out += "</tbody></table></div>\n";
  if (columns.size() > kMost) {
    out += "<p class=\"note\">" + counted(columns.size() - kMost, "column") + " matter less.</p>\n";
  }
  return out;
}

std::string leaderboard(const model::Card& card) {
  const Json others = card.metrics.value("other_candidates", Json::array());
  const char* kind = card.metrics.contains("validation") ? "validation" : "cross_validation";
  if (!others.is_array() || others.empty() || !card.metrics.contains(kind)) return "";
  std::vector<const Json*> rows{&card.metrics.at(kind)};
  for (const Json& one : others) rows.push_back(&one);
  std::vector<task::MetricInfo> shown;
  for (const task::MetricInfo& one : task::known_metrics()) {
    const auto has = [&](const Json* row) {
      return row->contains(one.key) && (*row)[one.key].is_number();
    };
    if (std::ranges::all_of(rows, has)) shown.push_back(one);
  }
  std::string out = fmt::format(
      "<h2>Models that were compared</h2>\n<p class=\"note\">On {}; the first was chosen{}.</p>\n"
      "{}<table><thead><tr><th class=\"left\" scope=\"col\">Model</th>",
      kind == std::string_view("validation") ? "the validation set" : "the folds of training",
      card.training.contains("chosen_because")
          ? " (" + text_in(card.training, "chosen_because") + ")"
          : "",
      kScroll);
  for (const task::MetricInfo& metric : shown) {
    out += "<th scope=\"col\">" + html_text(metric.name) + "</th>";
  }
  out += "</tr></thead><tbody>\n";
  for (const Json* row : rows) {
    const std::string name = text_in(*row, "algorithm");
    out +=
        "<tr><th scope=\"row\">" + (name.empty() ? html_text(card.algorithm, 60) : name) + "</th>";
    for (const task::MetricInfo& metric : shown) {
      const auto value = (*row)[metric.key].get<double>();
      out += "<td>" + (metric.in_units ? short_number(value) : html_number(value, 4)) + "</td>";
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string gains(std::span<const float> scores, std::span<const int> labels,
                  const std::string& name) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= 0) order.push_back(i);
  }
  std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::size_t i) { return scores[i]; });
  const auto all = static_cast<double>(
      std::ranges::count_if(order, [&](std::size_t i) { return labels[i] == 1; }));
  constexpr std::size_t kTenths = 10;
  if (order.size() < 2 * kTenths || all == 0 || all == static_cast<double>(order.size())) return "";
  PlotLine curve{.points = {{0, 0}}, .dots = true};
  std::string rows;
  double found = 0;
  for (std::size_t tenth = 0; tenth < kTenths; ++tenth) {
    const std::size_t from = tenth * order.size() / kTenths;
    const std::size_t to = (tenth + 1) * order.size() / kTenths;
    double here = 0;
    for (std::size_t i = from; i < to; ++i) here += labels[order[i]] == 1 ? 1 : 0;
    found += here;
    const double share = here / static_cast<double>(to - from);
    curve.points.emplace_back(static_cast<double>(to) / static_cast<double>(order.size()),
                              found / all);
    rows += fmt::format(
        "<tr><th scope=\"row\">{}0 %</th><td>{}</td><td>{:.1f} %</td><td>{:.2f}</td><td>{:.1f} "
        "%</td></tr>\n",
        tenth + 1, html_number(static_cast<double>(scores[order[to - 1]])), 100 * share,
        share * static_cast<double>(order.size()) / all, 100 * found / all);
  }
  return "<h2>Gains</h2>\n<p class=\"note\">The cases by falling probability of '" + name +
         "': how many of those that are '" + name +
         "' are found by looking at the first ones only.</p>\n<div class=\"plots\"><figure>" +
         svg_plot({curve}, true, "share of cases", "share found", "Cumulative gains") +
         "<figcaption>Cumulative gains; the dashed line is a random order.</figcaption></figure>" +
         kScroll +
         "<table><thead><tr><th class=\"left\" scope=\"col\">First</th><th scope=\"col\">"
         "Probability from</th><th scope=\"col\">'" +
         name +
         "' in this tenth</th><th scope=\"col\">Lift</th><th scope=\"col\">Found so far</th></tr>"
         "</thead><tbody>\n" +
         rows + "</tbody></table></div></div>\n";
}

namespace {

/// Dates as names, so that a plot of them is a list: evenly spaced ones.
task::PartialDependence dates_as_names(const task::PartialDependence& of) {
  constexpr std::size_t kMost = 8;
  task::PartialDependence out{.column = of.column, .kind = data::ColumnKind::category};
  const std::size_t count = std::min(kMost, of.at.size());
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = count > 1 ? i * (of.at.size() - 1) / (count - 1) : 0;
    out.names.push_back(data::date_text(of.at[at], of.times));
    out.means.push_back(of.means[at]);
  }
  return out;
}

/// Names with their means as bars; `scale`: the length of a mean, in [0, 1].
std::string bars_of(const task::PartialDependence& one, bool number, double scale) {
  std::string out = "<table><tbody>\n";
  for (std::size_t i = 0; i < one.names.size(); ++i) {
    out += fmt::format(
        "<tr><th scope=\"row\">{}</th><td>{}</td><td><svg class=\"bar\" viewBox=\"0 0 100 1\" "
        "preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"blue\" "
        "width=\"{:.1f}\" height=\"1\"/></svg></td></tr>\n",
        html_text(one.names[i], 30),
        number ? short_number(one.means[i]) : fmt::format("{:.1f} %", 100 * one.means[i]),
        100 * std::clamp(one.means[i] * scale, 0.0, 1.0));
  }
  return out + "</tbody></table>";
}

}  // namespace

std::string dependence(std::span<const task::PartialDependence> columns,
                       const data::Target& target) {
  if (columns.empty()) return "";
  const bool number = target.number.has_value();
  double low = columns[0].means[0], high = low;
  for (const auto& one : columns) {
    low = std::min(low, std::ranges::min(one.means));
    high = std::max(high, std::ranges::max(one.means));
  }
  const PlotRange y = range_around(number ? low : std::min(low, 0.0), high);
  const std::string what =
      number ? "mean prediction of " + html_text(target.name, 40)
             : "mean probability of '" + html_text(target.classes.back().spelling, 40) + "'";
  std::string out = fmt::format(
      "<h2>How the prediction depends on a column</h2>\n<p class=\"note\">The {}, if all rows had "
      "the same value in one column and kept their other values (partial dependence). It says what "
      "the model does, not what would happen if somebody changed the value.</p>\n<div "
      "class=\"plots\">\n",
      what);
  for (const auto& one : columns) {
    const bool plain = one.kind == data::ColumnKind::number;
    out += "<figure><h3>" + html_text(one.column, 40) + "</h3>";
    if (plain) {
      PlotLine line;
      for (std::size_t i = 0; i < one.at.size(); ++i)
        line.points.emplace_back(one.at[i], one.means[i]);
      out += svg_plot({line}, false, one.column, number ? "prediction" : "probability",
                      fmt::format("{} at {}, {} at {}", html_number(one.means.front()),
                                  short_number(one.at.front()), html_number(one.means.back()),
                                  short_number(one.at.back())),
                      range_around(one.at.front(), one.at.back()), y);
    } else {
      const bool dates = one.kind == data::ColumnKind::date;
      out += bars_of(dates ? dates_as_names(one) : one, number, high > 0 ? 1 / high : 0);
    }
    out += "</figure>\n";
  }
  return out + "</div>\n";
}

namespace {

/// Two bars for each bin; of many bins those that differ most.
std::string histogram(const std::string& name, const metrics::ColumnShares& of) {
  constexpr std::size_t kMost = 12;
  std::vector<std::size_t> order(of.bins.size());
  std::iota(order.begin(), order.end(), 0U);
  if (order.size() > kMost) {
    std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::size_t i) {
      return std::abs(of.actual[i] - of.expected[i]);
    });
    order.resize(kMost);
    std::ranges::sort(order);
  }
  double most = 1e-12;
  for (const std::size_t i : order) most = std::max({most, of.actual[i], of.expected[i]});
  std::string out = "<figure><h3>" + html_text(name, 40) +
                    "</h3><table><thead><tr><td></td><th scope=\"col\">here</th><th "
                    "scope=\"col\">training</th><td></td></tr></thead><tbody>\n";
  for (const std::size_t i : order) {
    out += fmt::format(
        "<tr><th scope=\"row\">{}</th><td>{:.1f} %</td><td>{:.1f} %</td><td><svg class=\"bar\" "
        "viewBox=\"0 0 100 2\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect "
        "class=\"blue\" width=\"{:.1f}\" height=\"1\"/><rect class=\"quiet\" y=\"1\" "
        "width=\"{:.1f}\" height=\"1\"/></svg></td></tr>\n",
        html_text(of.bins[i], 30), 100 * of.actual[i], 100 * of.expected[i],
        100 * of.actual[i] / most, 100 * of.expected[i] / most);
  }
  return out + "</tbody></table></figure>\n";
}

}  // namespace

std::string shifts(const data::TableSchema& schema, std::span<const metrics::ColumnShares> shares,
                   std::span<const std::string> columns) {
  constexpr std::size_t kMost = 6;
  std::string out;
  for (const std::string& key : columns | std::views::take(kMost)) {
    const auto found = std::ranges::find(shares, key, &metrics::ColumnShares::column);
    if (found == shares.end()) continue;
    const data::Column* column = schema.find(key);
    out += histogram(column != nullptr ? column->name : key, *found);
  }
  return out.empty() ? "" : "<div class=\"plots\">\n" + out + "</div>\n";
}

std::string slices(const data::TableSchema& schema, const data::Table& table,
                   std::span<const double> errors) {
  constexpr std::size_t kMost = 10;
  const Slices found = worst_slices(schema, table, errors, kMost);
  if (found.worst.empty()) return "";
  const bool number = schema.target.number.has_value();
  const auto text = [&](double error) {
    return number ? short_number(error) : fmt::format("{:.1f} %", 100 * error);
  };
  std::string out = fmt::format(
      "<h2>Where it is worst</h2>\n<p class=\"note\">The {0} of groups of rows, by the values of "
      "each column. {1} of at least 30 rows were looked at; 'clearly' allows for so many looks "
      "(Bonferroni), the others may be chance.</p>\n{3}<table><thead><tr><th class=\"left\" "
      "scope=\"col\">Rows with</th><th scope=\"col\">Rows</th><th scope=\"col\">{2}</th><th "
      "scope=\"col\">95 % interval</th><th scope=\"col\">All others</th><th class=\"left\" "
      "scope=\"col\">Worse</th></tr></thead><tbody>\n",
      number ? "mean absolute error" : "share of wrong predictions",
      counted(found.looked_at, "group"), number ? "Mean error" : "Wrong", kScroll);
  for (const Slice& one : found.worst) {
    out += fmt::format(
        "<tr><th scope=\"row\">{}: {}</th><td>{}</td><td>{}</td><td>{} to "
        "{}</td><td>{}</td><td class=\"left\">{}</td></tr>\n",
        html_text(one.column, 60), html_text(one.value, 60), with_commas(one.rows),
        text(one.error.value), text(one.error.ci95.low), text(one.error.ci95.high),
        text(one.others), one.worse ? "clearly" : "");
  }
  return out + "</tbody></table></div>\n";
}

}  // namespace vitrine::report
