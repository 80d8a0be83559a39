// vitrine import: models that scikit-learn pickled, without Python.
#include <array>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "base/version.h"
#include "cli/verbs.h"
#include "infer/predictor.h"
#include "interop/sklearn.h"
#include "model/model_file.h"
#include "model/table_graph.h"

namespace vitrine {
namespace {

struct ImportArguments {
  std::vector<std::string> files;
  std::string output;
  std::string as_version;
  ImportOptions options;
};

constexpr std::size_t kMaxPickleBytes = std::size_t{256} << 20;

void import_pickles(const ImportArguments& arguments) {
  check_writable(arguments.output, arguments.files);
  std::vector<std::string> bytes;  // pickles point into nothing of it, but errors name offsets
  std::vector<std::unique_ptr<Pickle>> pickles;
  for (const std::string& path : arguments.files) {
    bytes.push_back(read_file(path, kMaxPickleBytes, "the pickle"));
    pickles.push_back(std::make_unique<Pickle>(bytes.back(), path));
  }
  ImportedModel model = import_sklearn(pickles, arguments.options);
  std::vector<std::string_view> views(bytes.begin(), bytes.end());
  model.card.training["data_sha256"] = "";
  model.card.training["pickles_sha256"] = sha256_hex(views);
  model.card.training["versions"] = {{"vitrine", kVersion}};
  const std::string file = serialise_model(
      build_table_graph(model.card.schema, model.layout, model.classifier, model.card.threshold),
      model.card);
  open_predictor(parse_model(file, arguments.output));  // it must open before it is saved
  write_file_atomically(arguments.output, std::array<std::string_view, 1>{file});

  std::vector<std::string> classes;
  for (const Category& one : model.card.schema.target.classes)
    classes.push_back(shown(one.value, 30));
  std::cout << "imported a " << model.card.training["imported_from"].get<std::string>() << " with "
            << counted(model.card.schema.columns.size(), "column") << "; classes "
            << listed(classes) << "\n";
  for (const std::string& note : model.notes) std::cout << "note: " << note << "\n";
  std::cout << "saved " << arguments.output << "\nnext: vitrine serve " << arguments.output << "\n";
}

}  // namespace

void add_import(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("import", "Take over a model that scikit-learn pickled");
  auto arguments = std::make_shared<ImportArguments>();
  verb->add_option("FILE", arguments->files,
                   "One pickle, or a DictVectorizer and a classifier in two")
      ->required();
  verb->add_option("-o,--output", arguments->output, "The model file")->required();
  verb->add_option("--target", arguments->options.target,
                   "What the answer is called (pickles don't say); default: target");
  verb->add_option("--scikit-learn", arguments->as_version,
                   "Answer as this version would; default: the one that saved the model");
  verb->callback([arguments] {
    if (!arguments->as_version.empty()) arguments->options.as_version = arguments->as_version;
    import_pickles(*arguments);
  });
}

}  // namespace vitrine
