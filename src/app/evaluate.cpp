#include "app/evaluate.h"

#include "app/prediction_records.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "model/model_file.h"

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
          .image = nullptr};
}

}  // namespace

Json ModelEvaluation::to_json() const {
  Json json = task::to_json(metrics, card.schema.target.class_names());
  if (threshold) json["threshold"] = *threshold;
  for (const auto& [column, index] : cases.drift) json["drift"][column] = rounded(index, 4);
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
  const task::Evaluation found = target.number
                                     ? task::evaluate(cases.numbers())
                                     : task::evaluate(cases.classified(target.classes.size()));
  ModelEvaluation out{*file.card, std::move(cases), found, std::nullopt};
  if (!log && !file.of_photos() && !target.number) out.threshold = file.card->threshold;
  return out;
}

}  // namespace vitrine::app
