// vitrine evaluate: metrics of a model on labelled data (a table, photos or a prediction log).
#include <array>
#include <iostream>
#include <memory>

#include "app/evaluate.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/metrics_text.h"
#include "cli/report_file.h"
#include "cli/table_options.h"
#include "cli/verbs.h"

namespace vitrine::cli {
namespace {

struct EvaluateArguments {
  app::EvaluateOptions options;
  std::string report;
  bool json = false;
};

/// The probability that the calibration shows.
std::string calibrated(const data::Target& target) {
  switch (target.task()) {
    case data::TaskKind::binary:
      return "the probability of '" + shown(target.classes[1].value) + "'";
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
                                  .metrics = figures,
                                  .warnings = result.cases.warnings,
                                  .probabilities = result.cases.probabilities,
                                  .predicted = result.cases.predicted,
                                  .labels = result.cases.labels,
                                  .targets = result.cases.targets,
                                  .name = result.cases.name,
                                  .image = result.cases.image,
                                  .details = result.cases.details});
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
              << confusion_text(figures) << "\ncalibration of " << calibrated(target) << ":\n"
              << calibration_text(figures);
  }
  if (!arguments.report.empty()) std::cout << "\nwrote " << arguments.report << "\n";
}

void evaluate(const EvaluateArguments& arguments) {
  if (!arguments.report.empty()) {
    std::vector<std::string> inputs = arguments.options.data;
    inputs.push_back(arguments.options.model);
    check_report(arguments.report, inputs);
  }
  const app::ModelEvaluation result = app::evaluate_model(arguments.options);
  const Json figures = result.to_json();
  if (!arguments.report.empty()) write_report_of(arguments, result, figures);
  if (arguments.json) {
    std::cout << to_text(figures, 2) << "\n";
  } else {
    print(arguments, result, figures);
  }
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
  verb->add_flag("--json", arguments->json, "Print JSON");
  verb->callback([arguments] { evaluate(*arguments); });
}

}  // namespace vitrine::cli
