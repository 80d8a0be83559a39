// What was asked and answered, kept so that it can be judged once the truth is known.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "host/served_model.h"
#include "telemetry/async_lines.h"

namespace vitrine {

struct PredictionLogOptions {
  std::filesystem::path path;
  std::uint64_t max_bytes = std::uint64_t{64} << 20;  ///< then the file is rotated
  int kept = 10;  ///< rotated files: PATH.1 is the newest
};

/// A JSON object a row, one a line: time, request_id, row, model, version, sha256 (of the model
/// file), input (of tables), label, probabilities. Written by a thread of its own; where the disk
/// can't keep up, rows are dropped and standard error says how many. Thread-safe.
class PredictionLog {
 public:
  /// Throws Error(failed) unless the file can be written to.
  explicit PredictionLog(PredictionLogOptions options);

  /// `rows` null: photos, which are not kept.
  void write(const std::string& request_id, const ServedModel& model, const Table* rows,
             const Predictions& predictions);

 private:
  void append(std::string_view lines, std::size_t dropped);
  void rotate();

  PredictionLogOptions options_;
  std::uint64_t size_ = 0;
  AsyncLines lines_;
};

}  // namespace vitrine
