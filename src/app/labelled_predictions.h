// A model's predictions for labelled data: the input of `evaluate` and `compare`.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/table/schema.h"
#include "data/table/table.h"
#include "data/table/table_file.h"
#include "metrics/drift.h"
#include "model/model_file.h"
#include "task/classification.h"
#include "task/evaluation.h"
#include "task/regression.h"

namespace vitrine::app {

struct LabelledPredictions {
  std::vector<float> probabilities;  ///< cases x classes, in the card's order of classes; of a
                                     ///< number: cases x data::NumberOutputs
  std::vector<int> predicted;        ///< predicted class (or tenth) of each case
  std::vector<int> labels;           ///< true class (or tenth) of each case; -1: unknown
  std::vector<double> targets;       ///< true number of each case, NaN: unknown; empty for classes
  std::vector<data::Warning> warnings;
  /// Tables of at least 100 rows: the PSI of each column against training (metrics/drift.h).
  std::vector<std::pair<std::string, double>> drift;
  std::vector<metrics::ColumnShares> shares = {};  ///< the bins behind `drift`
  std::string noun;                                ///< "rows", "photos" or "predictions"
  std::function<std::string(std::size_t)> name;    ///< of a case: "row 17"
  std::function<std::string(std::size_t)> image;   ///< of a case: a small JPEG; null for tables
  /// Of each case, for model::TrainingFilter; null for prediction logs. Reads the photos again.
  std::function<std::vector<std::uint64_t>()> hashes;
  /// Of a row: the columns with the highest feature importance, as
  /// "tenure=1 · contract=month-to-month"; null for photos.
  std::function<std::string(std::size_t)> details;
  std::shared_ptr<const data::Table> table = nullptr;  ///< the rows; null for photos and logs

  /// A view of the predictions, for the metrics of `classes` classes.
  task::ClassifiedCases classified(std::size_t classes) const {
    return {probabilities, predicted, labels, classes};
  }
  task::NumberCases numbers() const { return {probabilities, targets}; }
  /// All metrics, for a model of this target.
  task::Evaluation evaluated(const data::Target& target) const;
};

/// The photo at `path` as a JPEG of 160 x 160 pixels, for reports. Empty if it can't be read.
std::string thumbnail_jpeg(const std::filesystem::path& path);

/// Predicts all cases of `data`: tables with the target column (data::tables_named()), or one
/// folder with one subfolder of photos per class. Photos that can't be read are left out, with a
/// warning. Throws Error(bad_input) if no case has a label.
LabelledPredictions predict_labelled_data(const model::ModelFile& file,
                                          const std::vector<std::string>& data,
                                          const data::TableFileOptions& options);

}  // namespace vitrine::app
