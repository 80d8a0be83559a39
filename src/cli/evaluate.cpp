// vitrine evaluate: how good a model is on a table.
#include <array>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/figures.h"
#include "cli/judged.h"
#include "cli/prediction_records.h"
#include "cli/report_file.h"
#include "cli/verbs.h"
#include "metrics/report.h"

namespace vitrine {
namespace {

struct EvaluateArguments {
  std::string model;
  std::string data;
  std::string truth;
  std::string report;
  bool json = false;
};

/// What was judged, printed or written as a report, as the arguments say.
void tell(const EvaluateArguments& arguments, const ModelFile& file, const Judged& judged,
          bool with_threshold) {
  const Card& card = *file.card;
  const Target& target = card.schema.target;
  Json figures = to_json(evaluate_classifier(judged.probabilities, judged.answers, judged.labels,
                                             target.classes.size()),
                         target.class_names());
  if (with_threshold) figures["threshold"] = card.threshold;
  for (const auto& [column, index] : judged.drift) figures["drift"][column] = rounded(index, 4);
  figures["warnings"] = to_json(judged.warnings);
  if (!arguments.report.empty()) {
    write_report(arguments.report, {.model = arguments.model,
                                    .data = "of " + arguments.data,
                                    .noun = judged.noun,
                                    .card = card,
                                    .figures = figures,
                                    .probabilities = judged.probabilities,
                                    .answers = judged.answers,
                                    .labels = judged.labels,
                                    .name = judged.name,
                                    .picture = judged.picture,
                                    .details = judged.details});
  }
  if (arguments.json) {
    std::cout << figures.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
    return;
  }
  std::cerr << warnings_text(figures["warnings"]);
  std::cout << arguments.model << " on " << with_commas(figures["rows"].get<std::size_t>()) << " "
            << judged.noun << " of " << arguments.data << "\n\n"
            << figures_text(figures) << "\n"
            << confusion_text(figures) << "\ncalibration of "
            << (target.binary() ? "the probability of '" + shown(target.classes[1].value) + "'"
                                : std::string("the answer's probability"))
            << ":\n"
            << calibration_text(figures);
  if (!arguments.report.empty()) std::cout << "\nwrote " << arguments.report << "\n";
}

/// What a server answered, kept by `serve --log-predictions`.
void evaluate_log(const EvaluateArguments& arguments, const ModelFile& file) {
  const Target& target = file.card->schema.target;
  PredictionRecords records =
      read_prediction_log(arguments.data, arguments.truth, target, sha256_hex(file.bytes));
  tell(arguments, file,
       {.probabilities = std::move(records.probabilities),
        .answers = std::move(records.answers),
        .labels = std::move(records.labels),
        .warnings = std::move(records.warnings),
        .noun = "answers",
        .name = [](std::size_t i) { return "answer " + with_commas(i + 1); },
        .picture = nullptr},
       /*with_threshold=*/false);
}

void evaluate(const EvaluateArguments& arguments) {
  const ModelFile file = read_model(arguments.model);
  if (!arguments.report.empty()) {
    check_report(arguments.report, std::array{arguments.model, arguments.data});
  }
  const bool log = is_prediction_log(arguments.data);
  if (!log && !arguments.truth.empty()) {
    throw Error(ErrorKind::usage, "--truth belongs to a log of predictions", arguments.data,
                "name the file that 'serve --log-predictions' wrote");
  }
  if (log && !file.card) {
    throw Error(ErrorKind::bad_model, "the file has no card: Vitrine did not make it", file.path,
                "use the file that was served");
  }
  if (log) return evaluate_log(arguments, file);
  tell(arguments, file, judge_data(file, arguments.data), /*with_threshold=*/!file.of_photos());
}

}  // namespace

void add_evaluate(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("evaluate", "Judge a model on data that holds the truth");
  auto arguments = std::make_shared<EvaluateArguments>();
  verb->add_option("MODEL", arguments->model, "The model file")->required();
  verb->add_option(
          "DATA", arguments->data,
          "A CSV table with the target column, a folder of one folder of photos a class, or the "
          "log of 'serve --log-predictions'")
      ->required();
  verb->add_option(
      "--truth", arguments->truth,
      "Of a log: a CSV table with request_id, the target and, where requests had several, row");
  verb->add_option(
      "--report", arguments->report,
      "Also a file to look at: REPORT.html (one page, nothing from elsewhere) or REPORT.md");
  verb->add_flag("--json", arguments->json, "For programs");
  verb->callback([arguments] { evaluate(*arguments); });
}

}  // namespace vitrine
