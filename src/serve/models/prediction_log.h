// A log of inputs and predictions, for evaluation once the true labels are known.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include "serve/models/served_model.h"
#include "telemetry/async_lines.h"

namespace vitrine::serve {

struct PredictionLogOptions {
  std::filesystem::path path;
  telemetry::ServerMetrics* metrics = nullptr;        ///< counts lost rows; outlives the log
  std::uint64_t max_bytes = std::uint64_t{64} << 20;  ///< then the file is rotated
  int kept = 10;                                      ///< rotated files: PATH.1 is the newest
};

/// A JSON object per line and row: time, request_id, row, model, version, sha256 (of the model
/// file), input (of tables), warnings (if there are any), label, probabilities (of numbers:
/// prediction, interval). A separate thread writes the file. The file has only complete lines: a
/// line that a full disk truncated is removed, and a line that another program left incomplete is
/// ended before the next record. The file is opened and locked for each write, so other programs
/// may rename it and two servers may share it. A full file that can't be renamed, such as a mounted
/// file, keeps growing. Rows that can't be written are counted (vitrine_prediction_log_lost_total),
/// and a warning on standard error says how many and why, with increasing pauses (1 s to 5 min).
/// Thread-safe.
class PredictionLog {
 public:
  /// Throws Error(failed) unless the file can be written.
  explicit PredictionLog(PredictionLogOptions options);
  /// Writes the rows that are still queued.
  ~PredictionLog();

  /// Queues what somebody says to be the true label, or number, of a row of an earlier request:
  /// `{"time": ..., "request_id": ..., "row": 0, "model": ..., "truth": ...}`; never blocks.
  void write_truth(const std::string& request_id, std::size_t row, const std::string& model,
                   const Json& truth);

  /// Queues the rows of a request; never blocks. `rows` null: photos, which are not stored.
  /// `warnings`: empty, or a list a row.
  void write(const std::string& request_id, const ServedModel& model, const data::Table* rows,
             const engine::Predictions& predictions,
             std::span<const std::vector<std::string>> warnings);

 private:
  struct Appended;
  void append(std::string_view lines, std::size_t dropped);
  std::size_t keep(std::string_view lines);
  std::size_t write_next(Appended& full, std::string_view lines);
  bool rotate(const std::filesystem::path& next, std::error_code& code);
  void shift(const std::filesystem::path& full);
  void count_lost(std::size_t lines);
  void say_lost();

  PredictionLogOptions options_;
  // Used only by the thread that writes.
  std::size_t lost_ = 0;  ///< lost lines since the last warning
  std::string lost_because_;
  Time next_warning_{};
  Time next_rotation_{};  ///< after a failed rotation: the time of the next attempt
  Duration pause_{};      ///< between two warnings
  std::unique_ptr<telemetry::AsyncLines> lines_;
};

}  // namespace vitrine::serve
