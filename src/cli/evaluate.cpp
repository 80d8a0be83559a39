// vitrine evaluate: how good a model is on a table.
#include <algorithm>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/figures.h"
#include "cli/inputs.h"
#include "cli/photo_inputs.h"
#include "cli/prediction_records.h"
#include "cli/verbs.h"
#include "data/photo_folder.h"
#include "infer/predictor.h"
#include "metrics/report.h"

namespace vitrine {
namespace {

struct EvaluateArguments {
  std::string model;
  std::string data;
  std::string truth;
  bool json = false;
};

void print_figures(const EvaluateArguments& arguments, const Json& figures, const Card& card,
                   const std::string& noun) {
  const Target& target = card.schema.target;
  std::cout << arguments.model << " on " << with_commas(figures["rows"].get<std::size_t>()) << " "
            << noun << " of " << arguments.data << "\n\n"
            << figures_text(figures) << "\n"
            << confusion_text(figures) << "\ncalibration of "
            << (target.binary() ? "the probability of '" + shown(target.classes[1].value) + "'"
                                : std::string("the answer's probability"))
            << ":\n"
            << calibration_text(figures);
}

void evaluate_photos(const EvaluateArguments& arguments, const ModelFile& file) {
  const ImagePredictor predictor(file);
  const std::vector<std::string> names = file.card->schema.target.class_names();
  const PhotoFolder folder = relabelled(list_photos(arguments.data), names);
  std::vector<std::filesystem::path> paths;
  for (const PhotoFile& photo : folder.photos) paths.push_back(photo.path);
  std::vector<float> probabilities;
  std::vector<int> answers;
  std::vector<int> labels;
  std::vector<std::string> faults;
  std::size_t place = 0;
  answer_photos(predictor, paths, /*explain=*/false, [&](const PhotoAnswer& one) {
    const int label = folder.photos[place++].label;
    if (!one.fault.empty()) {
      faults.push_back(shown(one.path.string(), 100) + " (" + one.fault + ")");
      return;
    }
    probabilities.insert(probabilities.end(), one.probabilities.begin(), one.probabilities.end());
    answers.push_back(one.answer);
    labels.push_back(label);
  });
  if (labels.empty()) {
    throw Error(ErrorKind::bad_input, "no photo can be used", arguments.data,
                "name a folder of one folder of photos a class");
  }
  Json figures = to_json(evaluate_classifier(probabilities, answers, labels, names.size()), names);
  std::vector<Warning> warnings;
  if (!faults.empty()) {
    warnings.push_back({"unusable_files",
                        counted(faults.size(), "file") + " can't be used: " + listed(faults, 5),
                        "remove or mend them; they were passed over"});
  }
  figures["warnings"] = to_json(warnings);
  if (arguments.json) {
    std::cout << figures.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
    return;
  }
  std::cerr << warnings_text(figures["warnings"]);
  print_figures(arguments, figures, *file.card, "photos");
}

/// What a server answered, kept by `serve --log-predictions`.
void evaluate_log(const EvaluateArguments& arguments, const ModelFile& file) {
  if (!file.card) {
    throw Error(ErrorKind::bad_model, "the file has no card: Vitrine did not make it", file.path,
                "use the file that was served");
  }
  const Target& target = file.card->schema.target;
  const PredictionRecords records =
      read_prediction_log(arguments.data, arguments.truth, target, sha256_hex(file.bytes));
  Json figures = to_json(evaluate_classifier(records.probabilities, records.answers, records.labels,
                                             target.classes.size()),
                         target.class_names());
  figures["warnings"] = to_json(records.warnings);
  if (arguments.json) {
    std::cout << figures.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
    return;
  }
  std::cerr << warnings_text(figures["warnings"]);
  print_figures(arguments, figures, *file.card, "answers");
}

void evaluate(const EvaluateArguments& arguments) {
  const ModelFile file = read_model(arguments.model);
  if (is_prediction_log(arguments.data)) return evaluate_log(arguments, file);
  if (!arguments.truth.empty()) {
    throw Error(ErrorKind::usage, "--truth belongs to a log of predictions", arguments.data,
                "name the file that 'serve --log-predictions' wrote");
  }
  if (file.of_photos()) return evaluate_photos(arguments, file);
  const auto predictor = open_predictor(file);
  const Target& target = file.card->schema.target;
  const InputRows rows = read_input(file.card->schema, arguments.data, true);
  const std::vector<std::string> names = target.class_names();
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
  print_figures(arguments, figures, *file.card, "rows");
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
  verb->add_flag("--json", arguments->json, "For programs");
  verb->callback([arguments] { evaluate(*arguments); });
}

}  // namespace vitrine
