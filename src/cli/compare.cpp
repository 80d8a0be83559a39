// vitrine compare: two models on the same data with tests, or a ranking of more.
#include "app/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "cli/table_options.h"
#include "cli/text_table.h"
#include "cli/verbs.h"

namespace vitrine::cli {
namespace {

struct CompareArguments {
  std::vector<std::string> names;  ///< models, then data
  data::TableFileOptions file;
  bool json = false;
};

/// Models and data, told apart by the ending .onnx; the first two names are models anyway.
void divide(const std::vector<std::string>& names, std::vector<std::string>& models,
            std::vector<std::string>& data) {
  for (const std::string& name : names) {
    const bool model = data.empty() && (models.size() < 2 || lower_ascii(name).ends_with(".onnx"));
    (model ? models : data).push_back(name);
  }
  if (!data.empty()) return;
  throw Error(ErrorKind::usage,
              models.size() < 2 ? "there is nothing to compare" : "no data was given",
              "the command line",
              "name two models or more, then data with labels: vitrine compare FIRST.onnx "
              "SECOND.onnx DATA");
}

/// Four digits behind the point, or about as many of a number with a unit.
std::string four_digits(const task::MetricInfo& metric, double value) {
  return metric.in_units ? short_number(value) : fmt::format("{:.4f}", value);
}

void print(const app::ModelRanking& ranking, const std::vector<std::string>& data) {
  std::cout << counted(ranking.models.size(), "model") << " on " << with_commas(ranking.rows) << " "
            << ranking.noun << " of " << data::names_text(data) << ", by " << ranking.by.name
            << "\n\n";
  std::vector<std::string> head{"model"};
  const std::vector<task::MetricValue>& metrics = ranking.models.front().metrics.metrics;
  for (const task::MetricValue& one : metrics) {
    if (one.metric.of_baseline) head.emplace_back(one.metric.name);
  }
  head.emplace_back("p to the best");
  TextTable table(head);
  const auto add = [&](const std::string& name, const auto& value_of, const std::string& p) {
    std::vector<std::string> cells{name};
    for (const task::MetricValue& one : metrics) {
      if (one.metric.of_baseline) cells.push_back(four_digits(one.metric, value_of(one.metric)));
    }
    cells.push_back(p);
    table.add(cells);
  };
  for (const app::RankedModel& model : ranking.models) {
    add(
        shown(model.model, 40),
        [&](const task::MetricInfo& metric) { return model.metrics.find(metric.key)->value; },
        model.behind ? fmt::format("{:.2g}", model.behind->difference.p_value) : "");
  }
  if (const auto& baseline = ranking.models.front().metrics.baseline) {
    add(
        "(baseline)",
        [&](const task::MetricInfo& metric) {
          return std::ranges::find(baseline->values, metric.key,
                                   [](const auto& one) { return one.metric.key; })
              ->value;
        },
        "");
  }
  std::cout << table.text() << "\np: of the paired test of the " << ranking.by.name
            << " against the best model; from 0.05 on the difference may be chance\n";
}

void print(const app::CompareOptions& options, const app::ModelComparison& comparison) {
  std::cout << "first:  " << options.first << "\nsecond: " << options.second << "\non "
            << with_commas(comparison.rows) << " " << comparison.noun << " of "
            << data::names_text(options.data);
  if (comparison.accuracy) {
    std::cout << "; predicted correctly by the first only: " << comparison.accuracy->only_first
              << ", by the second only: " << comparison.accuracy->only_second;
  }
  std::cout << "\n\n  " << padded("", 10) << "     first    second   difference (95 % interval)\n";
  for (const app::MetricComparison& one : comparison.metrics) {
    const auto& difference = one.difference.difference;
    const auto text = [&](double number, bool sign) {
      if (!one.metric.in_units)
        return sign ? fmt::format("{:+.4f}", number) : fmt::format("{:.4f}", number);
      return (sign && number >= 0 ? "+" : "") + short_number(number);
    };
    std::cout << fmt::format("  {}  {:>8}  {:>8}   {} ({} to {})   p = {:.2g}: {}\n",
                             padded(std::string(one.metric.name), 10), text(one.first, false),
                             text(one.second, false), text(difference.value, true),
                             text(difference.ci95.low, true), text(difference.ci95.high, true),
                             one.difference.p_value, one.verdict());
  }
  std::cout << (comparison.accuracy
                    ? "\ntests: McNemar's exact test for accuracy, DeLong's test for AUC, the mean "
                      "difference per case for log loss\n"
                    : "\ntests: the mean difference of the squared or absolute errors per case\n");
}

}  // namespace

void add_compare(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "compare", "Compare models on the same labelled data: two with tests, more as a ranking");
  auto arguments = std::make_shared<CompareArguments>();
  verb->add_option(
          "MODELS_AND_DATA", arguments->names,
          "Two model files or more, which predict the same target; then data: a table with "
          "the target column (several files, folders and patterns such as '*.csv' are read "
          "as one), or a folder with one subfolder of photos per class")
      ->required();
  add_file_options(*verb, arguments->file, "Tables: ");
  verb->add_flag("--json", arguments->json, "Print JSON");
  verb->callback([arguments] {
    std::vector<std::string> models;
    std::vector<std::string> data;
    divide(arguments->names, models, data);
    if (models.size() > 2) {
      const app::ModelRanking ranking = app::rank_models(models, data, arguments->file);
      if (!arguments->json) return print(ranking, data);
      std::cout << ranking.to_json().dump(2) << "\n";
      return;
    }
    const app::CompareOptions options{models[0], models[1], data, arguments->file};
    const app::ModelComparison comparison = app::compare_models(options);
    if (!arguments->json) return print(options, comparison);
    std::cout << comparison.to_json().dump(2) << "\n";
  });
}

}  // namespace vitrine::cli
