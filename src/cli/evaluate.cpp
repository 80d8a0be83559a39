// vitrine evaluate: how good a model is on a table.
#include <algorithm>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "cli/figures.h"
#include "cli/inputs.h"
#include "cli/verbs.h"
#include "infer/predictor.h"
#include "metrics/report.h"

namespace vitrine {
namespace {

struct EvaluateArguments {
  std::string model;
  std::string data;
  bool json = false;
};

void evaluate(const EvaluateArguments& arguments) {
  const ModelFile file = read_model(arguments.model);
  const auto predictor = open_predictor(file);
  const Target& target = file.card->schema.target;
  const InputRows rows = read_input(file.card->schema, arguments.data, true);
  std::vector<std::string> names;
  for (const Category& one : target.classes) names.push_back(one.value);
  if (std::ranges::all_of(rows.table.labels, [](int label) { return label < 0; })) {
    throw Error(ErrorKind::bad_input,
                "no row has a known class in the target '" + target.name + "'", arguments.data,
                "its classes are " + listed(names));
  }
  const Predictions answers = predictor->predict(rows.table);
  Json figures = to_json(evaluate_classifier(answers.probabilities, answers.answers,
                                             rows.table.labels, answers.classes),
                         names);
  if (arguments.json) {
    figures["threshold"] = file.card->threshold;
    figures["warnings"] = to_json(rows.warnings);
    std::cout << figures.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
    return;
  }
  std::cerr << warnings_text(to_json(rows.warnings));
  std::cout << arguments.model << " on " << with_commas(figures["rows"].get<std::size_t>())
            << " rows of " << arguments.data << "\n\n"
            << figures_text(figures) << "\n"
            << confusion_text(figures) << "\ncalibration of "
            << (target.binary() ? "the probability of '" + shown(names[1]) + "'"
                                : std::string("the answer's probability"))
            << ":\n"
            << calibration_text(figures);
}

}  // namespace

void add_evaluate(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("evaluate", "Judge a model on a table that holds the truth");
  auto arguments = std::make_shared<EvaluateArguments>();
  verb->add_option("MODEL", arguments->model, "The model file")->required();
  verb->add_option("DATA", arguments->data, "A CSV table with the target column")->required();
  verb->add_flag("--json", arguments->json, "For programs");
  verb->callback([arguments] { evaluate(*arguments); });
}

}  // namespace vitrine
