// Measures the drift of requests from the training data.
#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "engine/predictor.h"
#include "metrics/drift.h"
#include "model/card.h"

namespace vitrine::engine {

/// Counts rows and predictions in bins: deciles of the training rows for a number, the categories,
/// and a bin for missing values. Recent rows have more weight: all counts are halved every kMemory
/// rows. Thread-safe.
class DriftMonitor {
 public:
  static constexpr std::size_t kMemory = 10'000;
  static constexpr std::size_t kFewest = 100;  ///< rows needed before drift is reported

  explicit DriftMonitor(const model::Card& card);

  /// Counts rows, and predicted class indices. Does not block: if another thread is counting, the
  /// call does nothing.
  void observe(const data::Table& rows);
  void observe(const std::vector<int>& predicted);

  /// The PSI of each column (metrics/drift.h), in the card's order; empty with fewer than kFewest
  /// rows. Columns without statistics in the card are left out.
  std::vector<std::pair<std::string, double>> indices() const;

  /// The bins behind indices(), of the same columns; those that are empty in both are left out.
  std::vector<metrics::ColumnShares> shares() const;

  /// The share of each class among recent predictions; empty with fewer than kFewest.
  std::vector<std::pair<std::string, double>> class_shares() const;

 private:
  struct ColumnBins {
    std::string name;
    std::vector<float> borders;      ///< numbers: the borders between bins
    std::vector<std::string> names;  ///< of the bins
    std::vector<double> expected;
    std::vector<double> seen;
    // The index of the bin. The last one is for missing values.
    std::size_t bin_of(float number) const;
    std::size_t bin_of(std::uint32_t code) const;
    std::size_t bin_of(double day) const;               ///< dates are not compared
    std::size_t bin_of(const std::string& text) const;  ///< nor are texts
  };
  mutable std::mutex mutex_;
  std::vector<ColumnBins> columns_;
  std::vector<std::string> classes_;
  std::vector<double> class_counts_;
  std::size_t rows_ = 0;
  std::size_t predictions_ = 0;
};

}  // namespace vitrine::engine
