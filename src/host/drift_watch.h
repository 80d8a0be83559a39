// How far what is asked lies from what the model was trained on.
#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "infer/predictor.h"
#include "model/card.h"
#include "telemetry/server_metrics.h"

namespace vitrine {

/// Counts rows and answers in the bins of the card: tenths of the training rows for a
/// number, categories, and a bin for missing values. Recent rows count most: every
/// kMemory rows all counts are halved. Thread-safe.
class DriftWatch {
 public:
  static constexpr std::size_t kMemory = 10'000;
  static constexpr std::size_t kFewest = 100;  ///< rows before anything is said

  explicit DriftWatch(const Card& card);

  /// Where several threads come at once, some rows are passed over: nobody waits.
  void see(const Table& rows);
  void see(const std::vector<int>& answers);

  /// PSI by column (metrics/drift.h), in the card's order; empty for too few rows. Columns of which
  /// the card knows nothing are left out.
  std::vector<std::pair<std::string, double>> indices() const;

  /// Those, and shares of classes; nothing for too few rows.
  void tell(ModelMetrics& metrics) const;

 private:
  struct ColumnBins {
    std::string name;
    std::vector<float> borders;  ///< numbers: between the bins
    bool numbers = false;
    std::vector<double> expected;
    std::vector<double> seen;
  };
  mutable std::mutex mutex_;
  std::vector<ColumnBins> columns_;
  std::vector<std::string> classes_;
  std::vector<double> class_counts_;
  std::size_t rows_ = 0;
  std::size_t answers_ = 0;
};

}  // namespace vitrine
