// How good a model is on data that holds the truth, as one file to look at or to post.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "model/card.h"

namespace vitrine {

struct EvaluationReport {
  std::string model;  ///< its file
  std::string data;   ///< what it was judged on: "of later.csv"
  std::string noun;   ///< "rows", "photos", "answers"
  const Card& card;
  Json figures;  ///< as `evaluate --json` prints them: the report shows these very numbers

  // One a case; all empty where only figures are known.
  std::span<const float> probabilities;  ///< case after case, in the card's order of classes
  std::span<const int> answers;
  std::span<const int> labels;                      ///< -1: not known
  std::function<std::string(std::size_t)> name;     ///< "row 17", "pants/a.jpg"
  std::function<std::string(std::size_t)> picture;  ///< a JPEG; null or empty: there is none
  std::function<std::string(std::size_t)> details;  ///< what a row holds that matters; may be null
  /// The same of a photo that taught, as the card names it.
  std::function<std::string(const std::string&)> training_picture;
};

/// One self-contained page: figures with intervals, for two classes ROC and precision-recall with
/// the threshold to drag, calibration, confusion with the photos behind its cells, the worst
/// mistakes, and what the data checks found.
std::string html_of(const EvaluationReport& report);

/// The same but for plots and photos, for terminals and pull requests.
std::string markdown_of(const EvaluationReport& report);

}  // namespace vitrine
