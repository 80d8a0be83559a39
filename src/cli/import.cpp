// vitrine import: converts models of scikit-learn, XGBoost and LightGBM to model files, without
// Python.
#include "app/import.h"

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
};

void import_and_print(const app::ImportModelOptions& options) {
  const char* written = written_word(options.output, "saved");
  const interop::ImportedModel model = app::import_model(options);
  std::vector<std::string> classes;
  for (const data::Category& one : model.card.schema.target.classes) {
    classes.push_back(shown(one.value, 30));
  }
  std::cout << "imported from " << model.card.training["imported_from"].get<std::string>() << ": "
            << counted(model.card.schema.columns.size(), "column") << ", "
            << (classes.empty() ? "predicts a number" : "classes " + listed(classes)) << "\n";
  for (const std::string& note : model.notes) std::cout << "note: " << note << "\n";
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
  verb->callback([arguments] {
    if (!arguments->as_version.empty())
      arguments->options.reader.as_version = arguments->as_version;
    import_and_print(arguments->options);
  });
}

}  // namespace vitrine::cli
