// Trains a table classifier: from a CSV file to a model file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/table/schema_inference.h"
#include "data/table/table_file.h"
#include "train/training_job.h"

namespace vitrine::train {

struct TableTrainOptions {
  /// The tables of these names (data::tables_named()), as one; likewise of the others.
  std::vector<std::string> data;
  std::vector<std::string> validation;  ///< used for choices instead of the folds; may be empty
  /// A test set, instead of held-out rows of `data`; never trained on; may be empty.
  std::vector<std::string> test;
  data::SchemaOptions columns;
  data::TableFileOptions file;      ///< of all tables
  std::string algorithm = "auto";   ///< auto, logistic or trees
  std::optional<double> threshold;  ///< decision threshold for two classes; default 0.5
  std::string threshold_option = "--threshold";  ///< that asked for it, for messages
  bool threshold_f1 = false;  ///< choose the threshold for the best cross-validated F1
  std::uint64_t seed = 1;
  std::string about;            ///< Card::about
  bool examples = true;         ///< keep typical rows in the card
  Json given = Json::object();  ///< the options on the command line, for the card (train --like)
};

/// Reads and splits the table, checks it, compares the kinds of models, evaluates the best on the
/// test set, fits it on all rows, and compares the reopened file with it. The same input and
/// options on the same machine give the same bytes. Uses all cores. Throws Error.
TrainedModel train_table(const TableTrainOptions& options, const Progress& progress);

}  // namespace vitrine::train
