// The metrics of a model on labelled data as a report: one HTML page or one Markdown file.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "data/table/table.h"
#include "metrics/drift.h"
#include "model/card.h"
#include "task/partial_dependence.h"

namespace vitrine::report {

/// The content of a report. The card, the spans and what the functions refer to must outlive it.
struct EvaluationReport {
  std::string model;  ///< path of the model file
  std::string data;   ///< where the cases come from, after a noun: "of later.csv"
  std::string noun;   ///< "rows", "photos", "predictions"
  const model::Card& card;
  std::string verdict;                      ///< one sentence on the figures; may be empty
  Json metrics;                             ///< the metrics as `evaluate --json` prints them
  std::span<const data::Warning> warnings;  ///< about the data; those of training are in the card

  // One value per case; all empty if only the metrics are known.
  std::span<const float> probabilities;  ///< cases x classes, in the card's order of classes; of a
                                         ///< number: cases x data::NumberOutputs
  std::span<const int> predicted;        ///< predicted classes
  std::span<const int> labels;           ///< true classes; -1: unknown
  std::span<const double> targets;       ///< true numbers, NaN: unknown; empty for classes
  std::function<std::string(std::size_t)> name;        ///< "row 17", "pants/a.jpg"
  std::function<std::string(std::size_t)> image;       ///< a JPEG; null or empty: there is none
  std::function<std::string(std::size_t)> details;     ///< important columns of a row; may be null
  std::shared_ptr<const data::Table> table = nullptr;  ///< the rows; null for photos and logs
  std::span<const metrics::ColumnShares> shares = {};  ///< of columns, here and in training
  std::span<const task::PartialDependence> dependence = {};  ///< of the most important columns
  /// A JPEG of a training photo by its name in the card; null or empty: there is none.
  std::function<std::string(const std::string&)> training_image;
};

/// One self-contained page (no network access): metrics with intervals, for two classes ROC and
/// precision-recall curves with a threshold to drag, calibration, the confusion matrix with the
/// photos behind its cells, for numbers truth against prediction and the residuals, the worst
/// errors, learning curve, drift, and findings in the data. All names are escaped.
std::string html_of(const EvaluationReport& report);

/// The same without plots and photos, for terminals and pull requests.
std::string markdown_of(const EvaluationReport& report);

}  // namespace vitrine::report
