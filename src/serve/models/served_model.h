// One version of a model, opened and warmed up.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "data/table/row.h"
#include "engine/drift_monitor.h"
#include "engine/image_predictor.h"
#include "engine/prediction_writer.h"
#include "engine/tensor_model.h"
#include "serve/models/photo_queue.h"

namespace vitrine::serve {

/// The parts of the server that all models share. They outlive the models.
struct HostParts {
  Scheduler& scheduler;
  telemetry::ServerMetrics& metrics;
  data::BadCells bad_cells = data::BadCells::missing;  ///< of rows in JSON arrays and of CSV
};

/// Immutable except for counters, and thread-safe. Exactly one of `predictor` (a table), `photos`
/// and `tensors` (a file without a card) is set.
struct ServedModel {
  /// Opens the file and predicts a typical row, or a grey photo. Throws Error.
  ServedModel(std::string name, std::uint64_t version, const model::ModelFile& file,
              const BatchOptions& batches, const HostParts& parts);

  std::string name;
  std::uint64_t version;
  std::string path;
  std::string digest;  ///< SHA-256 of the file, hexadecimal
  std::optional<model::Card> card;
  Json card_json;  ///< null without a card
  std::unique_ptr<engine::Predictor> predictor;
  std::unique_ptr<engine::ImagePredictor> photos;
  std::unique_ptr<engine::TensorModel> tensors;
  std::optional<engine::PredictionWriter> writer;
  std::optional<data::JsonRowReader> rows;  ///< of `predictor`
  data::BadCells bad_cells;                 ///< of rows in JSON arrays and of CSV
  std::shared_ptr<telemetry::ModelMetrics> metrics;
  std::shared_ptr<PhotoQueue> photo_queue;                                  ///< of `photos`
  std::shared_ptr<ModelLoad> load = std::make_shared<ModelLoad>();          ///< of the others
  std::shared_ptr<ModelLoad> explain_load = std::make_shared<ModelLoad>();  ///< with explanations
  std::unique_ptr<engine::DriftMonitor> drift;                              ///< with a card

  std::string engine() const;
  /// Prepares the engine for one photo per core, as a busy server runs it. Without this call the
  /// first such photo waits for the preparation.
  void prepare_for_load() const;
  /// Whether it can explain predictions: contributions of columns, or occlusion.
  bool explains() const { return photos || (predictor && predictor->explains()); }
  std::string task() const { return card ? std::string(model::name_of(card->input)) : "tensors"; }

 private:
  void warm_up(std::size_t workers) const;
  void answer_grey(std::size_t threads) const;
};

/// A typical row: the medians of numbers, and the most frequent categories.
Json typical_row(const data::TableSchema& schema);

}  // namespace vitrine::serve
