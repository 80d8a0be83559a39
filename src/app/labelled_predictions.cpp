#include "app/labelled_predictions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "app/photo_input.h"
#include "app/row_input.h"
#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/text.h"
#include "data/image/encode.h"
#include "data/image/photo_folder.h"
#include "data/image/resize.h"
#include "data/table/value.h"
#include "engine/drift_monitor.h"
#include "engine/predictor.h"
#include "model/training_filter.h"

namespace vitrine::app {
namespace {

LabelledPredictions predict_labelled_photos(const model::ModelFile& file, const std::string& data) {
  const engine::ImagePredictor predictor(file);
  const data::PhotoFolder folder =
      data::relabelled(data::list_photos(data), file.card->schema.target);
  std::vector<std::filesystem::path> paths;
  for (const data::PhotoFile& photo : folder.photos) paths.push_back(photo.path);
  LabelledPredictions out{.noun = "photos"};
  auto predicted = std::make_shared<std::vector<std::filesystem::path>>();
  std::vector<std::string> faults;
  std::size_t place = 0;
  predict_photos(predictor, paths, /*explain=*/false, [&](const PhotoPrediction& one) {
    const int label = folder.photos[place++].label;
    if (!one.fault.empty()) {
      faults.push_back(shown(one.path.string(), 100) + " (" + one.fault + ")");
      return;
    }
    out.probabilities.insert(out.probabilities.end(), one.probabilities.begin(),
                             one.probabilities.end());
    out.predicted.push_back(one.answer);
    out.labels.push_back(label);
    predicted->push_back(one.path);
  });
  if (out.labels.empty()) {
    throw Error(ErrorKind::bad_input, "no photo can be used", data,
                "name a folder with one subfolder of photos per class");
  }
  if (!faults.empty()) {
    out.warnings.push_back({"unusable_files",
                            counted(faults.size(), "file") + " can't be used: " + listed(faults, 5),
                            "remove or fix them; they were skipped"});
  }
  out.name = [predicted, root = std::filesystem::path(data)](std::size_t i) {
    return (*predicted)[i].lexically_relative(root).string();
  };
  out.image = [predicted](std::size_t i) { return thumbnail_jpeg((*predicted)[i]); };
  out.hashes = [predicted] {
    constexpr std::size_t kMostBytes = std::size_t{1} << 30;  // they were read before
    std::vector<std::uint64_t> hashes(predicted->size());
    parallel_for(hashes.size(), [&](std::size_t i) {
      hashes[i] = model::case_hash(sha256_hex(read_file((*predicted)[i], kMostBytes, "the photo")));
    });
    return hashes;
  };
  return out;
}

/// Indices in the schema of the `most` columns with the highest feature importance.
std::vector<std::size_t> leading_columns(const model::Card& card, std::size_t most) {
  std::vector<std::size_t> out;
  const auto take = [&](std::size_t column) {
    if (out.size() < most && !std::ranges::contains(out, column)) out.push_back(column);
  };
  for (const auto& one : card.importance.columns) {
    const auto found = std::ranges::find(card.schema.columns, one.key, &data::Column::key);
    if (found != card.schema.columns.end()) {
      take(static_cast<std::size_t>(found - card.schema.columns.begin()));
    }
  }
  for (std::size_t i = 0; i < card.schema.columns.size(); ++i) take(i);
  return out;
}

std::string value_text(const data::Column& column, float number) {
  if (std::isnan(number)) return "missing";
  return column.origin ? data::number_text(column.value_of(number)) : fmt::format("{:g}", number);
}

std::string value_text(const data::Column& column, double days) {
  return std::isnan(days) ? "missing" : column.value_text(days);
}

std::string value_text(const data::Column&, const std::string& text) { return shown(text, 60); }

std::string value_text(const data::Column& column, std::uint32_t code) {
  if (code == data::kMissingCode) return "missing";
  return code < column.categories.size() ? column.categories[code].value : "unseen value";
}

/// A function that describes a row by its most important columns.
std::function<std::string(std::size_t)> details_of(const model::Card& card,
                                                   std::shared_ptr<const data::Table> rows) {
  return [columns = leading_columns(card, 5), schema = card.schema,
          rows = std::move(rows)](std::size_t row) {
    std::string out;
    for (const std::size_t column : columns) {
      out += (out.empty() ? "" : " · ") + schema.columns[column].key + "=";
      std::visit(
          [&](const auto& values) { out += value_text(schema.columns[column], values[row]); },
          rows->columns[column].values);
    }
    return out;
  };
}

}  // namespace

std::string thumbnail_jpeg(const std::filesystem::path& path) {
  constexpr int kSide = 160;
  constexpr int kQuality = 75;
  try {
    return data::encode_jpeg(
        data::resized(data::read_image(path).image, {kSide, kSide, data::Fit::crop}), kQuality);
  } catch (const Error&) {
    return "";  // the file was deleted, or is not a photo
  }
}

task::Evaluation LabelledPredictions::evaluated(const data::Target& target) const {
  return target.number ? task::evaluate(numbers(), target)
                       : task::evaluate(classified(target.classes.size()), target);
}

LabelledPredictions predict_labelled_data(const model::ModelFile& file,
                                          const std::vector<std::string>& data,
                                          const data::TableFileOptions& options) {
  if (file.of_photos()) {
    if (data.size() == 1) return predict_labelled_photos(file, data.front());
    throw Error(ErrorKind::usage, "photos are read from one folder", data[1],
                "name the folder that has one subfolder of photos per class");
  }
  const auto predictor = engine::open_predictor(file);
  const data::Target& target = file.card->schema.target;
  InputRows rows = read_labelled_rows(file.card->schema, data, options);
  if (std::ranges::all_of(rows.table.labels, [](int label) { return label < 0; })) {
    throw Error(ErrorKind::bad_input,
                std::string("no row has a known ") + (target.number ? "number" : "class") +
                    " in the target '" + target.name + "'",
                listed(data, 3),
                target.number ? "check the column's values"
                              : "its classes are " + listed(target.class_names()));
  }
  engine::Predictions answers = predictor->predict(rows.table);
  engine::DriftMonitor watch(*file.card);
  const auto table = std::make_shared<const data::Table>(std::move(rows.table));
  watch.observe(*table);
  return {.probabilities = std::move(answers.probabilities),
          .predicted = std::move(answers.predicted),
          .labels = table->labels,
          .targets = table->targets,
          .warnings = std::move(rows.warnings),
          .drift = watch.indices(),
          .shares = watch.shares(),
          .noun = "rows",
          .name = [](std::size_t i) { return "row " + with_commas(i + 1); },
          .image = nullptr,
          .hashes = [table] { return model::case_hashes(*table); },
          .details = details_of(*file.card, table),
          .table = table};
}

}  // namespace vitrine::app
