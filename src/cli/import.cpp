// vitrine import: converts models of scikit-learn, XGBoost and LightGBM to model files, without
// Python.
#include "app/import.h"

#include <fmt/format.h>

#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

namespace vitrine::cli {
namespace {

struct ImportArguments {
  app::ImportModelOptions options;
  std::string as_version;
  app::ImportCheck check;
};

void import_and_print(const app::ImportModelOptions& options) {
  const char* written = written_word(options.output, "saved");
  const app::ImportResult result = app::import_model(options);
  const interop::ImportedModel& model = result.model;
  std::vector<std::string> classes;
  for (const data::Category& one : model.card.schema.target.classes) {
    classes.push_back(shown(one.value, 30));
  }
  std::cout << "imported from " << model.card.training["imported_from"].get<std::string>() << ": "
            << counted(model.card.schema.columns.size(), "column") << ", "
            << (classes.empty() ? "predicts a number" : "classes " + listed(classes)) << "\n";
  for (const std::string& note : model.notes) std::cout << "note: " << note << "\n";
  if (result.check) {
    std::cout << "checked " << counted(result.check->rows, "row") << " of " << options.check->rows
              << ": the answers are the library's"
              << (result.check->largest > 0
                      ? fmt::format(" (largest difference {:.1g})", result.check->largest)
                      : "")
              << "\n";
  }
  std::cout << written << " " << options.output << "\nnext: vitrine serve " << options.output
            << "\n";
}

}  // namespace

void add_import(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "import", "Convert a model of scikit-learn, XGBoost or LightGBM, without running it");
  auto arguments = std::make_shared<ImportArguments>();
  verb->add_option(
          "FILE", arguments->options.files,
          "A pickle, a joblib file, a JSON or UBJSON of XGBoost, a text of LightGBM; or two "
          "pickles: a DictVectorizer and a model")
      ->required();
  verb->add_option("-o,--output", arguments->options.output, "The model file to write")->required();
  verb->add_option("--target", arguments->options.reader.target,
                   "Name of the target (model files do not contain it); default: target");
  verb->add_option("--scikit-learn", arguments->as_version,
                   "Predict as this scikit-learn version does; default: the one that saved the "
                   "model");
  auto* rows = verb->add_option("--check", arguments->check.rows,
                                "A table of rows; the model is saved only if it answers them as "
                                "the library did");
  auto* answers = verb->add_option("--answers", arguments->check.answers,
                                   "The library's answers for --check: a table of predict() or "
                                   "predict_proba()");
  verb->add_option("--tolerance", arguments->check.tolerance,
                   "Largest difference for --check; default: 1e-6")
      ->check(CLI::Range(0.0, 1.0))
      ->needs(rows);
  rows->needs(answers);
  answers->needs(rows);
  verb->callback([arguments] {
    if (!arguments->check.rows.empty()) arguments->options.check = arguments->check;
    if (!arguments->as_version.empty())
      arguments->options.reader.as_version = arguments->as_version;
    import_and_print(arguments->options);
  });
}

}  // namespace vitrine::cli
