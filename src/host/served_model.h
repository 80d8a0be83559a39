// One version of a model, opened, warmed and ready to answer.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "data/row.h"
#include "host/drift_watch.h"
#include "host/photo_queue.h"
#include "infer/answer.h"
#include "infer/image_predictor.h"
#include "infer/tensor_model.h"

namespace vitrine {

/// What opened models share.
struct HostParts {
  Scheduler& scheduler;
  ServerMetrics& metrics;
};

/// Immutable but for what it counts: threads share it. Exactly one of `predictor` (a
/// table), `photos` and `tensors` (a file without a card) is there.
struct ServedModel {
  /// Opens the file and lets it answer a typical row, or a grey photo. Throws Error.
  ServedModel(std::string name, std::uint64_t version, const ModelFile& file,
              const BatchOptions& batches, const HostParts& parts);

  std::string name;
  std::uint64_t version;
  std::string path;
  std::string digest;  ///< SHA-256 of the file, hexadecimal
  std::optional<Card> card;
  Json card_json;  ///< null without a card
  std::unique_ptr<Predictor> predictor;
  std::unique_ptr<ImagePredictor> photos;
  std::unique_ptr<TensorModel> tensors;
  std::optional<AnswerWriter> writer;
  std::optional<JsonRowReader> rows;  ///< of `predictor`
  std::shared_ptr<ModelMetrics> metrics;
  std::shared_ptr<PhotoQueue> photo_queue;                                  ///< of `photos`
  std::shared_ptr<ModelLoad> load = std::make_shared<ModelLoad>();          ///< of the others
  std::shared_ptr<ModelLoad> explain_load = std::make_shared<ModelLoad>();  ///< with explanations
  std::unique_ptr<DriftWatch> drift;                                        ///< with a card

  std::string engine() const;
  /// Makes ready what only a busy server needs: photos one a core. Without it the first of them
  /// waits for it.
  void prepare_for_load() const;
  /// Whether it can say what pushed its answers, or where it looked.
  bool explains() const { return photos || (predictor && predictor->explains()); }
  std::string task() const { return card ? card->task : "tensors"; }

 private:
  void warm_up(std::size_t workers) const;
  void answer_grey(std::size_t threads) const;
};

/// A row that the model can answer: medians, and the most frequent categories.
Json typical_row(const TableSchema& schema);

}  // namespace vitrine
