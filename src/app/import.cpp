#include "app/import.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "base/version.h"
#include "data/table/cell.h"
#include "engine/onnx_runtime.h"
#include "engine/predictor.h"
#include "model/model_file.h"
#include "model/table_graph.h"

namespace vitrine::app {
namespace {

constexpr std::size_t kMaxPickleBytes = std::size_t{256} << 20;

/// Test rows that together contain each category, missing and unseen values, and numbers of several
/// magnitudes.
data::Table probing_rows(const data::TableSchema& schema) {
  constexpr std::array<float, 6> kNumbers{0, 1, -1, 0.5F, 100, -1000};
  std::size_t rows = 2 * kNumbers.size();
  for (const data::Column& column : schema.columns) {
    rows = std::max(rows, column.categories.size() + 2);
  }
  data::Table table = data::missing_rows(schema, rows);
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    const std::size_t known = schema.columns[i].categories.size();
    for (std::size_t row = 0; row < rows; ++row) {
      const std::size_t turn = row * (i + 1) + i;  // a different combination in each row
      if (schema.columns[i].kind == data::ColumnKind::number) {
        if (turn % (kNumbers.size() + 1) == 0) continue;
        table.columns[i].numbers[row] = kNumbers[turn % kNumbers.size()];
      } else if (turn % (known + 2) <= known) {
        const std::size_t code = turn % (known + 2);
        table.columns[i].codes[row] =
            code < known ? static_cast<std::uint32_t>(code) : data::kUnseenCode;
      }
    }
  }
  return table;
}

/// Opens the model as `predict` does and compares it with its graph, run node by node. Throws
/// Error(failed) if a probability differs by more than 1e-5.
void check_reopened(const model::ModelFile& file) {
  const data::Table rows = probing_rows(file.card->schema);
  const auto own = engine::open_predictor(file)->predict(rows).probabilities;
  const auto plain =
      engine::open_onnx_runtime(file, engine::GraphRewriting::off)->predict(rows).probabilities;
  for (std::size_t i = 0; i < own.size(); ++i) {
    if (std::abs(own[i] - plain[i]) <= 1e-5F) continue;
    throw Error(ErrorKind::failed,
                "the imported model and its graph give different probabilities (by " +
                    std::to_string(std::abs(own[i] - plain[i])) + ")",
                "the check before saving", "nothing was saved; please report it with the pickle");
  }
}

}  // namespace

interop::ImportedModel import_model(const ImportModelOptions& options) {
  check_writable(options.output, options.files);
  std::vector<std::string> bytes;  // for the hash below; pickles keep no pointer into it
  std::vector<std::unique_ptr<interop::Pickle>> pickles;
  for (const std::string& path : options.files) {
    bytes.push_back(read_file(path, kMaxPickleBytes, "the pickle"));
    pickles.push_back(std::make_unique<interop::Pickle>(bytes.back(), path));
  }
  interop::ImportedModel model = interop::import_sklearn(pickles, options.reader);
  std::vector<std::string_view> views(bytes.begin(), bytes.end());
  model.card.training["data_sha256"] = "";
  model.card.training["pickles_sha256"] = sha256_hex(views);
  model.card.training["versions"] = {{"vitrine", kVersion}};
  const std::string file =
      model::serialise_model(model::build_table_graph(model.card.schema, model.layout,
                                                      model.classifier, model.card.threshold),
                             model.card);
  check_reopened(model::parse_model(file, options.output));
  write_file_atomically(options.output, std::array<std::string_view, 1>{file});
  return model;
}

}  // namespace vitrine::app
