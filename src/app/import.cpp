#include "app/import.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "base/random.h"
#include "base/version.h"
#include "data/table/cell.h"
#include "engine/image_predictor.h"
#include "engine/onnx_runtime.h"
#include "engine/predictor.h"
#include "engine/registry.h"
#include "interop/readers.h"
#include "model/model_file.h"

namespace vitrine::app {
namespace {

constexpr std::array<float, 6> kNumbers{0, 1, -1, 0.5F, 100, -1000};

/// The value of turn `turn`: each number and missing, or each category, unseen and missing.
float probe(const data::Column&, std::size_t turn, float missing) {
  return turn % (kNumbers.size() + 1) == 0 ? missing : kNumbers[turn % kNumbers.size()];
}
std::uint32_t probe(const data::Column& column, std::size_t turn, std::uint32_t missing) {
  const std::size_t known = column.categories.size();
  const std::size_t code = turn % (known + 2);
  if (code < known) return static_cast<std::uint32_t>(code);
  return code == known ? data::kUnseenCode : missing;
}

/// The foreign models have no dates.
double probe(const data::Column&, std::size_t, double missing) { return missing; }

/// How many probing rows together contain each category, missing and unseen values, and numbers of
/// several magnitudes.
std::size_t probing_rows(const data::TableSchema& schema) {
  std::size_t rows = 2 * kNumbers.size();
  for (const data::Column& column : schema.columns) {
    rows = std::max(rows, column.categories.size() + 2);
  }
  return rows;
}

/// Probing rows [first, first + count).
data::Table probing_rows(const data::TableSchema& schema, std::size_t first, std::size_t count) {
  data::Table table = data::missing_rows(schema, count);
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    std::visit(
        [&](auto& values) {
          if constexpr (std::is_same_v<decltype(values), data::Texts&>)
            return;  // there are none
          else
            for (std::size_t row = 0; row < count; ++row) {
              // A different combination in each row.
              const std::size_t turn = (first + row) * (i + 1) + i;
              values[row] = probe(schema.columns[i], turn, values[row]);
            }
        },
        table.columns[i].values);
  }
  return table;
}

[[noreturn]] void differ(float difference) {
  throw Error(ErrorKind::failed,
              "the imported model and its graph give different outputs (by " +
                  std::to_string(difference) + ")",
              "the check before saving", "nothing was saved; please report it with the file");
}

/// Opens the model as `predict` does and compares it with its graph, run node by node. Throws
/// Error(failed) if an output differs by more than `tolerance`, or of large numbers by more than
/// this part of them.
void check_reopened(const model::ModelFile& file, float tolerance) {
  constexpr std::size_t kTogether = 256;  // ONNX Runtime holds all features of these rows
  const data::TableSchema& schema = file.card->schema;
  const auto own = engine::open_predictor(file);
  const auto plain = engine::open_onnx_runtime(file, engine::GraphRewriting::off);
  const std::size_t all = probing_rows(schema);
  for (std::size_t first = 0; first < all; first += kTogether) {
    const data::Table rows = probing_rows(schema, first, std::min(kTogether, all - first));
    const auto given = own->predict(rows).probabilities;
    const auto wanted = plain->predict(rows).probabilities;
    for (std::size_t i = 0; i < given.size(); ++i) {
      const float difference = std::abs(given[i] - wanted[i]);
      if (!(difference <= tolerance * std::max(1.0F, std::abs(wanted[i])))) differ(difference);
    }
  }
}

/// ONNX Runtime adds up the leaves as floats, each time rounding the sum.
float tolerance_of(const interop::ImportedModel& model) {
  constexpr float kLeast = 1e-5F;
  const auto* table = std::get_if<interop::ImportedTableModel>(&model.content);
  if (table == nullptr) return 1e-4F;  // of networks, whose sums are long
  const auto* trees = std::get_if<model::TreeEnsemble>(&table->classifier);
  return trees == nullptr ? kLeast
                          : std::max(kLeast, 6e-8F * static_cast<float>(trees->trees.size()));
}

/// A black, a white and two noisy photos of the network's size.
std::vector<std::uint8_t> probing_photos(const data::Resize& size) {
  const auto bytes =
      static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * 3;
  std::vector<std::uint8_t> out(4 * bytes, 0);
  std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(bytes), bytes, std::uint8_t{255});
  Random random(1);
  for (std::size_t i = 2 * bytes; i < out.size(); ++i)
    out[i] = static_cast<std::uint8_t>(random.below(256));
  return out;
}

/// The same for a network.
void check_reopened_network(const model::ModelFile& file, float tolerance) {
  const auto photos = probing_photos(file.card->image);
  const engine::ImagePredictor own(file);
  const auto plain = engine::open_runtime_network(file.bytes, engine::kClassProbabilities,
                                                  file.path, engine::GraphRewriting::off);
  const auto given = own.predict_pixels(photos, 4).probabilities;
  const auto wanted = plain->run(photos, 4, 1);
  if (given.size() != wanted.size()) differ(1);
  for (std::size_t i = 0; i < given.size(); ++i) {
    const float difference = std::abs(given[i] - wanted[i]);
    if (!(difference <= tolerance)) differ(difference);
  }
}

}  // namespace

ImportResult import_model(const ImportModelOptions& options) {
  check_writable(options.output, options.files);
  std::vector<interop::InputFile> files;
  for (const std::string& path : options.files) {
    files.push_back(interop::read_input_file(path));
  }
  interop::ImportedModel model = interop::reader_of(files).read(files, options.reader);
  std::vector<std::string_view> views;
  for (const interop::InputFile& file : files) views.push_back(file.bytes);
  model.card.training["data_sha256"] = "";
  model.card.training["pickles_sha256"] = sha256_hex(views);
  model.card.training["versions"] = {{"vitrine", kVersion}};
  const float tolerance = tolerance_of(model);
  const std::string file = model::serialise_model(interop::take_graph(model), model.card);
  const model::ModelFile made = model::parse_model(file, options.output);
  made.of_photos() ? check_reopened_network(made, tolerance) : check_reopened(made, tolerance);
  ImportResult out;
  if (options.check) out.check = check_answers(made, *options.check, model.answers_logits);
  write_file_atomically(options.output, std::array<std::string_view, 1>{file});
  out.model = std::move(model);
  return out;
}

}  // namespace vitrine::app
