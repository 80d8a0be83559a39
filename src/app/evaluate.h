// Metrics of a model on labelled data: what `evaluate` does.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/labelled_predictions.h"
#include "base/json.h"
#include "model/card.h"
#include "task/evaluation.h"
#include "task/partial_dependence.h"

namespace vitrine::app {

struct EvaluateOptions {
  std::string model;  ///< path of the model file
  /// Tables with the target column, a folder of one folder of photos a class, or a prediction log.
  std::vector<std::string> data;
  std::string truth;  ///< for a prediction log: a table of true labels with request_id and the
                      ///< target; empty: the labels are in the log
  data::TableFileOptions file;
  bool dependence = false;  ///< also compute ModelEvaluation::dependence
};

struct ModelEvaluation {
  model::Card card;
  LabelledPredictions cases;
  task::Evaluation metrics;
  /// The decision threshold of the predictions; empty for photos and for prediction logs.
  std::optional<double> threshold;

  /// The share of the cases that the model was trained on (model::TrainingFilter); nullopt if the
  /// model does not know.
  std::optional<double> trained_share;

  /// Of the most important columns, if it was asked for; empty for photos, prediction logs and more
  /// than two classes.
  std::vector<task::PartialDependence> dependence;

  /// As `evaluate --json` prints it; the names are stable. Besides metrics it has `at_training`
  /// (the metrics that the card has), `trained_share`, `drift` and `verdict`.
  Json to_json() const;
};

/// Throws Error: usage for options that do not fit the data, bad_model, bad_input.
ModelEvaluation evaluate_model(const EvaluateOptions& options);

}  // namespace vitrine::app
