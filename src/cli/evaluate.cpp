// vitrine evaluate: metrics of a model on labelled data (a table, photos or a prediction log).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <memory>

#include "app/evaluate.h"
#include "app/verdict.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/metrics_text.h"
#include "cli/report_file.h"
#include "cli/table_options.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "metrics/drift.h"

namespace vitrine::cli {
namespace {

struct EvaluateArguments {
  app::EvaluateOptions options;
  std::vector<app::FigureCondition> fail_if;
  std::string report;
  bool json = false;
};

/// The probability that the calibration shows.
std::string calibrated(const data::Target& target) {
  switch (target.task()) {
    case data::TaskKind::binary:
      return "the probability of '" + shown(target.classes[1].spelling) + "'";
    case data::TaskKind::multiclass:
      return "the predicted class's probability";
    case data::TaskKind::regression:
      break;  // has no probabilities
  }
  unknown_kind("task", target.task());
}

void write_report_of(const EvaluateArguments& arguments, const app::ModelEvaluation& result,
                     const Json& figures) {
  write_report(arguments.report, {.model = arguments.options.model,
                                  .data = "of " + data::names_text(arguments.options.data),
                                  .noun = result.cases.noun,
                                  .card = result.card,
                                  .verdict = figures["verdict"].get<std::string>(),
                                  .metrics = figures,
                                  .warnings = result.cases.warnings,
                                  .probabilities = result.cases.probabilities,
                                  .predicted = result.cases.predicted,
                                  .labels = result.cases.labels,
                                  .targets = result.cases.targets,
                                  .name = result.cases.name,
                                  .image = result.cases.image,
                                  .details = result.cases.details,
                                  .table = result.cases.table,
                                  .shares = result.cases.shares,
                                  .dependence = result.dependence});
}

/// One line on how far the columns have shifted since training; empty if that is not known.
std::string drift_text(const Json& figures) {
  const auto columns = app::columns_by_drift(figures);
  if (columns.empty()) return "";
  const auto text = [](const auto& one) {
    return fmt::format("{} (PSI {:.2f})", shown(one.second, 30), one.first);
  };
  const auto clear = std::ranges::count_if(
      columns, [](const auto& one) { return one.first > metrics::kClearDrift; });
  if (clear == 0) return "drift: none; the largest is " + text(columns.front()) + "\n";
  std::vector<std::string> names;
  for (const auto& one : std::span(columns).first(static_cast<std::size_t>(clear))) {
    names.push_back(text(one));
  }
  return "drift: " + std::to_string(clear) + " of " + counted(columns.size(), "column") +
         (clear == 1 ? " has" : " have") + " shifted: " + listed(names, 3) + "\n";
}

void print(const EvaluateArguments& arguments, const app::ModelEvaluation& result,
           const Json& figures) {
  const data::Target& target = result.card.schema.target;
  std::cerr << warnings_text(result.cases.warnings);
  std::cout << arguments.options.model << " on "
            << with_commas(whole_number<std::size_t>(figures["rows"])) << " " << result.cases.noun
            << " of " << data::names_text(arguments.options.data) << "\n\n"
            << metrics_text(figures);
  if (!target.number) {
    std::cout << "\n"
              << confusion_text(figures, target) << "\ncalibration of " << calibrated(target)
              << ":\n"
              << calibration_text(figures);
  }
  std::cout << "\n"
            << drift_text(figures) << "verdict: " << figures["verdict"].get<std::string>() << "\n";
}

/// Throws Error(failed) if a condition of --fail-if is met.
void check_conditions(const EvaluateArguments& arguments, const Json& figures) {
  std::vector<std::string> met, conditions;
  for (const app::FigureCondition& one : arguments.fail_if) {
    const auto value = one.met_by(figures);
    if (!value) continue;
    met.push_back(*value);
    conditions.push_back("'" + shown(one.text()) + "'");
  }
  if (met.empty()) return;
  throw Error(ErrorKind::failed, listed(met, 20),
              arguments.options.model + " on " + data::names_text(arguments.options.data),
              "--fail-if " + listed(conditions, 20) +
                  ": train again on newer data, or find out what has changed in it");
}

void evaluate(const EvaluateArguments& arguments) {
  if (!arguments.report.empty()) {
    std::vector<std::string> inputs = arguments.options.data;
    inputs.push_back(arguments.options.model);
    check_report(arguments.report, inputs);
  }
  app::EvaluateOptions options = arguments.options;
  options.dependence = arguments.report.ends_with(".html");
  const app::ModelEvaluation result = app::evaluate_model(options);
  const Json figures = result.to_json();
  const char* written = written_word(arguments.report, "wrote");
  if (!arguments.report.empty()) write_report_of(arguments, result, figures);
  if (arguments.json) {
    std::cout << to_text(figures, 2) << "\n";
  } else {
    print(arguments, result, figures);
    if (!arguments.report.empty()) {
      std::cout << "\n" << written << " " << arguments.report << "\n";
    }
  }
  check_conditions(arguments, figures);
}

}  // namespace

void add_evaluate(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("evaluate", "Compute metrics of a model on labelled data");
  auto arguments = std::make_shared<EvaluateArguments>();
  verb->add_option("MODEL", arguments->options.model, "The model file")->required();
  verb->add_option(
          "DATA", arguments->options.data,
          "A table with the target column (several files, folders and patterns such as '*.csv' are "
          "read as one), a folder with one subfolder of photos per class, or a log written by "
          "'serve --log-predictions'")
      ->required();
  verb->add_option(
      "--truth", arguments->options.truth,
      "For a log: a table of true labels with the columns request_id, the target and, if "
      "requests had several rows, row");
  verb->add_option("--report", arguments->report,
                   "Also write a report: REPORT.html (one self-contained page) or REPORT.md");
  add_file_options(*verb, arguments->options.file, "Tables: ");
  auto conditions = std::make_shared<std::vector<std::string>>();
  verb->add_option(
          "--fail-if", *conditions,
          "Exit with code 1 if this is so, such as 'auc < 0.8' or 'drift > 0.25': a metric "
          "of --json, rows, trained_share or drift, an operator and a number; may be "
          "repeated")
      ->allow_extra_args(false);
  verb->add_flag("--json", arguments->json, "Print JSON");
  verb->callback([arguments, conditions] {
    for (const std::string& one : *conditions) arguments->fail_if.emplace_back(one);
    evaluate(*arguments);
  });
}

}  // namespace vitrine::cli
