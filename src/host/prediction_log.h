// What was asked and answered, kept so that it can be judged once the truth is known.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "host/served_model.h"
#include "telemetry/async_lines.h"

namespace vitrine {

struct PredictionLogOptions {
  std::filesystem::path path;
  ServerMetrics* metrics = nullptr;                   ///< counts what is lost; outlives the log
  std::uint64_t max_bytes = std::uint64_t{64} << 20;  ///< then the file is rotated
  int kept = 10;                                      ///< rotated files: PATH.1 is the newest
};

/// A JSON object a row, one a line: time, request_id, row, model, version, sha256 (of the model
/// file), input (of tables), label, probabilities. Written by a thread of its own. The file holds
/// whole lines only: what a full disk cut off is taken back, and what another program left torn is
/// ended before the next record. It is opened anew for each piece, so whoever moves it away gets a
/// new one, and two servers may share it (it is locked for each piece). A full file that can't be
/// moved, as one that is mounted by itself, grows on. Rows that can't be kept are counted
/// (vitrine_prediction_log_lost_total), and standard error says how many and why, ever more rarely
/// while it lasts. Thread-safe.
class PredictionLog {
 public:
  /// Throws Error(failed) unless the file can be written to.
  explicit PredictionLog(PredictionLogOptions options);
  /// Keeps what still waits.
  ~PredictionLog();

  /// `rows` null: photos, which are not kept.
  void write(const std::string& request_id, const ServedModel& model, const Table* rows,
             const Predictions& predictions);

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
  // Of the thread that writes.
  std::size_t lost_ = 0;  ///< lines that nobody was told of yet
  std::string lost_because_;
  Time next_warning_{};
  Time next_rotation_{};  ///< not before, after one that failed
  Duration pause_{};      ///< between two warnings
  std::unique_ptr<AsyncLines> lines_;
};

}  // namespace vitrine
