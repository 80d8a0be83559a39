// From a table to a model file.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "data/schema_inference.h"
#include "model/model_file.h"

namespace vitrine {

struct TableTrainOptions {
  std::filesystem::path data;
  std::optional<std::filesystem::path> validation;  ///< chooses strengths in place of the folds
  std::optional<std::filesystem::path>
      test;  ///< judges in place of rows kept apart; never trained on
  SchemaOptions columns;
  std::string algorithm = "auto";   ///< auto, logistic or trees
  std::optional<double> threshold;  ///< two classes: answer the second from here on; default 0.5
  bool threshold_f1 = false;        ///< choose the threshold for the best cross-validated F1
  std::uint64_t seed = 1;
  Json given = Json::object();  ///< the options as typed, for the card (train --like)
};

/// A step that began, for people who wait.
using Progress = std::function<void(const std::string& step)>;

/// A model that was fitted, written to memory, reopened and compared.
struct TrainedModel {
  Card card;
  std::string bytes;               ///< the file
  double largest_difference = 0;   ///< between the reopened file and the trainer's probabilities
  std::vector<std::string> notes;  ///< lines for people: what was measured besides
};

/// Reads, splits, checks, compares, judges, fits on all rows, and reopens the
/// result through `infer` on held-out rows. The same input, options and machine
/// give the same bytes. Throws Error.
TrainedModel train_table(const TableTrainOptions& options, const Progress& progress);

}  // namespace vitrine
