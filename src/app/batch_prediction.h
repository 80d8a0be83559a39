// Predictions of rows and photos as text (CSV or JSON lines): what `predict` does.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/observer.h"
#include "app/row_input.h"
#include "data/table/format_modules.h"
#include "engine/image_predictor.h"
#include "engine/prediction_writer.h"
#include "engine/predictor.h"

namespace vitrine::app {

struct BatchPredictionOptions {
  std::string model;
  bool csv = false;                ///< else JSON, a line per prediction
  std::optional<double> set;       ///< level of the prediction sets, 0.5 to 0.99; empty: no sets
  std::optional<double> interval;  ///< level of the intervals of numbers; empty: 0.9
  bool explain = false;            ///< add contributions (rows) or occlusion scores (photos)
  bool append = false;             ///< CSV of tables: the columns of the input come first
  data::TableFileOptions file;
};

/// A photo that could not be predicted.
struct PhotoFault {
  std::filesystem::path path;
  std::string fault;  ///< the reason
  std::string hint;
};

/// An opened model that writes predictions as text. The methods append texts to `out` in the order
/// of the inputs; the caller writes `header()` first. Use it from one thread: a call uses all
/// cores.
class BatchPredictor {
 public:
  /// Opens the model. Throws Error: usage for --explain with CSV of photos, bad_model.
  explicit BatchPredictor(const BatchPredictionOptions& options, Observer observer = {});

  const Observer& observer() const { return observer_; }
  const BatchPredictionOptions& options() const { return options_; }

  const model::ModelFile& file() const { return file_; }
  bool of_photos() const { return photos_ != nullptr; }

  /// The first line of a CSV; empty for JSON, and with `append`, where predict_table() writes it.
  std::string header() const;

  /// The columns of the CSV whose first line is `header`, for data::write_database(): ids first,
  /// which are the keys, or with `append` the columns of the input.
  data::RowsToWrite columns_of(const std::string& header) const;
  /// The number of columns before those of the prediction: ids, or the file of a photo.
  std::size_t leading_columns() const;

  /// Models of tables only. The observer gets warnings about the rows. Throws Error.
  void predict_rows(const InputRows& rows, std::vector<std::string>& out) const;
  /// The same for a table, or standard input (`-`). Tables other than JSON are read in parts, so
  /// that a table of any size needs the memory of a few parts and of the output. With `append`, the
  /// tables must have the same columns. Throws Error.
  void predict_table(const data::TableName& name, std::vector<std::string>& out) const;
  /// The same for all tables that `names` name (data::tables_named()). Those without rows are
  /// skipped if there are others.
  void predict_tables(const std::vector<std::string>& names, std::vector<std::string>& out) const;

  /// Models of photos only. Each text begins with the file's path. Photos that can't be used are
  /// reported to the observer and returned; the others are predicted. Throws Error(bad_model).
  std::vector<PhotoFault> predict_photos(const std::vector<std::filesystem::path>& paths,
                                         std::string& out) const;

 private:
  /// Writes what stands before the prediction of a row.
  using BeforeRow = std::function<void(std::string& out, std::size_t row)>;
  /// The predictions of a part of a table.
  struct PartPrediction {
    data::CsvRowNotes notes;
    data::TableFindings findings;
    std::vector<std::string> texts;
  };
  PartPrediction predict_part(const data::TablePart& part) const;
  std::vector<std::string> texts_of(const InputRows& rows, const BeforeRow& before = {}) const;
  std::string appended_header(const std::vector<std::string>& names) const;

  BatchPredictionOptions options_;
  Observer observer_;
  model::ModelFile file_;
  engine::PredictionExtras extras_;
  std::unique_ptr<engine::ImagePredictor> photos_;
  std::unique_ptr<engine::Predictor> rows_;
  std::optional<engine::PredictionWriter> writer_;
};

}  // namespace vitrine::app
