#include "app/evaluate.h"

#include <algorithm>

#include "app/prediction_records.h"
#include "app/verdict.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "engine/predictor.h"
#include "model/model_file.h"
#include "model/training_filter.h"

namespace vitrine::app {
namespace {

/// The predictions of a server that `serve --log-predictions` wrote.
LabelledPredictions logged_cases(const EvaluateOptions& options, const model::ModelFile& file) {
  PredictionRecords records = read_prediction_log(options.data.front(), options.truth,
                                                  file.card->schema.target, sha256_hex(file.bytes));
  return {.probabilities = std::move(records.probabilities),
          .predicted = std::move(records.predicted),
          .labels = std::move(records.labels),
          .targets = std::move(records.targets),
          .warnings = std::move(records.warnings),
          .noun = "predictions",
          .name = [](std::size_t i) { return "prediction " + with_commas(i + 1); },
          .image = nullptr,
          .hashes = nullptr};
}

/// Of the columns with the highest feature importance; of models without importances, of the first
/// ones.
std::vector<task::PartialDependence> dependence_of(const model::ModelFile& file,
                                                   const data::Table& table) {
  constexpr std::size_t kMost = 8;
  const data::TableSchema& schema = file.card->schema;
  if (!schema.target.number && schema.target.classes.size() != 2) return {};
  std::vector<std::size_t> order;
  const auto add = [&](const data::Column* column) {
    if (column == nullptr) return;
    const auto place = static_cast<std::size_t>(column - schema.columns.data());
    if (!std::ranges::contains(order, place)) order.push_back(place);
  };
  for (const auto& one : file.card->importance.columns) add(schema.find(one.key));
  for (const data::Column& column : schema.columns) add(&column);
  const auto predictor = engine::open_predictor(file);
  const std::size_t output = schema.target.number ? 0 : 1;
  return task::partial_dependence(schema, table, order, kMost, [&](const data::Table& rows) {
    const engine::Predictions found = predictor->predict(rows);
    std::vector<float> out(rows.rows);
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = found.probabilities[i * found.classes + output];
    }
    return out;
  });
}

}  // namespace

Json ModelEvaluation::to_json() const {
  Json json = task::to_json(metrics, card.schema.target.class_names());
  if (threshold) json["threshold"] = *threshold;
  for (const auto& [column, index] : cases.drift) json["drift"][column] = rounded(index, 4);
  if (trained_share) json["trained_share"] = rounded(*trained_share, 4);
  if (const std::string_view kind = card.headline(); !kind.empty()) {
    Json before = card.metrics.at(std::string(kind));
    for (const char* key : {"confusion", "classes", "calibration"}) before.erase(key);
    before["on"] = kind;
    json["at_training"] = std::move(before);
  }
  json["verdict"] = evaluation_verdict(json, cases.noun);
  json["warnings"] = data::to_json(cases.warnings);
  return json;
}

ModelEvaluation evaluate_model(const EvaluateOptions& options) {
  const model::ModelFile file = model::read_model(options.model);
  const bool log = options.data.size() == 1 && is_prediction_log(options.data.front());
  if (!log && !options.truth.empty()) {
    throw Error(ErrorKind::usage, "--truth is only for a log of predictions",
                data::names_text(options.data),
                "name a file that 'serve --log-predictions' wrote, or leave out --truth");
  }
  if (log && !file.card) {
    throw Error(ErrorKind::bad_model, "the file has no card: Vitrine did not write it", file.path,
                "use the file that was served");
  }
  LabelledPredictions cases =
      log ? logged_cases(options, file) : predict_labelled_data(file, options.data, options.file);
  const data::Target& target = file.card->schema.target;
  const task::Evaluation found = cases.evaluated(target);
  ModelEvaluation out{*file.card, std::move(cases), found, std::nullopt, std::nullopt, {}};
  if (options.dependence && out.cases.table) {
    out.dependence = dependence_of(file, *out.cases.table);
  }
  if (!log && !file.of_photos() && !target.number) out.threshold = file.card->threshold;
  const auto filter =
      model::TrainingFilter::from_json(file.card->training.value("case_filter", Json()));
  if (filter && !log) out.trained_share = filter->trained_share(out.cases.hashes());
  return out;
}

}  // namespace vitrine::app
