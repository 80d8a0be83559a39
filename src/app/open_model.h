// A model file opened for prediction in this process: what the C library and other bindings call.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/image_predictor.h"
#include "engine/prediction_writer.h"
#include "engine/predictor.h"
#include "model/model_file.h"

namespace vitrine::app {

/// Predictions with what was odd about each row or photo.
struct WarnedPredictions {
  engine::Predictions predictions;
  std::vector<std::vector<std::string>> warnings;  ///< one list a row
};

/// One column of rows that are not text: one of the two spans has a value a row.
struct InputColumn {
  std::string_view name;                 ///< as the table has it; case and blanks do not matter
  std::span<const double> numbers;       ///< NaN: missing
  std::span<const char* const> strings;  ///< UTF-8, ended by 0; null: missing
};

/// A table model or an image model. Immutable: thread-safe.
class OpenModel {
 public:
  /// Throws Error: bad_input for a file that can't be read, bad_model for one that is not a model
  /// or that no engine runs.
  explicit OpenModel(const std::filesystem::path& path);
  /// `name` stands for the path in errors and for the model's name in JSON.
  OpenModel(std::string bytes, const std::string& name);
  ~OpenModel();
  OpenModel(OpenModel&&) noexcept;

  const model::Card& card() const { return *file_.card; }
  /// The card as the file has it: JSON.
  const std::string& card_text() const { return file_.card_text; }
  bool of_images() const { return images_ != nullptr; }
  /// For people: "compiled: sums and look-ups".
  std::string engine() const;

  /// A JSON object (one row) or an array of objects. Throws Error: malformed, bad_input with
  /// `field`.
  WarnedPredictions predict_json(std::string_view json) const;
  /// Columns that the model does not have are ignored; one that is absent is missing in all rows.
  WarnedPredictions predict_columns(std::span<const InputColumn> columns, std::size_t rows) const;
  /// The bytes of one file, in a format of data/image/image.h.
  WarnedPredictions predict_image(std::string_view bytes) const;
  /// One decoded image of any size.
  WarnedPredictions predict_image(const data::Image& image) const;

  /// As `predict --explain` prints it: one JSON object a line.
  std::string explain_json(std::string_view json) const;
  std::string explain_image(std::string_view bytes) const;

 private:
  void open();
  data::Table read_rows(std::string_view json,
                        std::vector<std::vector<std::string>>& warnings) const;
  const engine::Predictor& rows() const;
  const engine::ImagePredictor& images() const;

  model::ModelFile file_;
  std::string name_;
  std::unique_ptr<engine::Predictor> rows_;
  std::unique_ptr<engine::ImagePredictor> images_;
  std::unique_ptr<engine::PredictionWriter> writer_;
};

}  // namespace vitrine::app
