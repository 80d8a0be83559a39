// vitrine import: models that scikit-learn pickled, without Python.
#include <algorithm>
#include <array>
#include <cmath>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "base/version.h"
#include "cli/verbs.h"
#include "data/cell.h"
#include "infer/onnx_runtime.h"
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

/// Rows that together hold each category, what is missing and what was never met, and numbers of
/// several sizes.
Table probing_rows(const TableSchema& schema) {
  constexpr std::array<float, 6> kNumbers{0, 1, -1, 0.5F, 100, -1000};
  std::size_t rows = 2 * kNumbers.size();
  for (const Column& column : schema.columns) {
    rows = std::max(rows, column.categories.size() + 2);
  }
  Table table = missing_rows(schema, rows);
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    const std::size_t known = schema.columns[i].categories.size();
    for (std::size_t row = 0; row < rows; ++row) {
      const std::size_t turn = row * (i + 1) + i;  // another combination in each row
      if (schema.columns[i].kind == ColumnKind::number) {
        if (turn % (kNumbers.size() + 1) == 0) continue;
        table.columns[i].numbers[row] = kNumbers[turn % kNumbers.size()];
      } else if (turn % (known + 2) <= known) {
        const std::size_t code = turn % (known + 2);
        table.columns[i].codes[row] = code < known ? static_cast<std::uint32_t>(code) : kUnseenCode;
      }
    }
  }
  return table;
}

/// The model must open before it is saved, and answer as its graph does node by node.
void check_reopened(const ModelFile& file) {
  const Table rows = probing_rows(file.card->schema);
  const auto own = open_predictor(file)->predict(rows).probabilities;
  const auto plain = open_onnx_runtime(file, GraphRewriting::off)->predict(rows).probabilities;
  for (std::size_t i = 0; i < own.size(); ++i) {
    if (std::abs(own[i] - plain[i]) <= 1e-5F) continue;
    throw Error(ErrorKind::failed,
                "the imported model answers otherwise than its graph (by " +
                    std::to_string(std::abs(own[i] - plain[i])) + ")",
                "the check before saving", "nothing was saved; please report it with the pickle");
  }
}

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
  check_reopened(parse_model(file, arguments.output));
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
