// What a server counts, as Prometheus reads it. docs/serving.md lists the names.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace vitrine {

/// Where the time of one request went.
struct StageTimes {
  Duration queue{};   ///< waiting for a worker or for its batch
  Duration decode{};  ///< from bytes to rows or pixels
  Duration infer{};   ///< the model itself, of the whole batch
  Duration total{};   ///< from the request's last byte to its answer
};

/// Figures of one version of a model. Thread-safe. Its series leave the page with it, so
/// that reloads do not add up.
class ModelMetrics {
 public:
  virtual ~ModelMetrics() = default;
  virtual void answered(unsigned code, const StageTimes& times) = 0;
  virtual void batch(std::size_t photos) = 0;
  /// A shadow's answers beside the ones that were given.
  virtual void compared(std::size_t rows, std::size_t other_labels, double largest_difference) = 0;
  /// How far what comes lies from what the model was trained on.
  virtual void drift(std::string_view column, double psi) = 0;
  virtual void class_share(std::string_view name, double share) = 0;
};

/// Thread-safe.
class ServerMetrics {
 public:
  ServerMetrics();
  ~ServerMetrics();

  std::shared_ptr<ModelMetrics> of_model(const std::string& name, std::uint64_t version);

  void answered(unsigned code);  ///< any path
  void connected(int change);
  /// Work that was refused or dropped: `queue_full`, `overloaded`, `deadline`, ...
  void rejected(std::string_view reason);
  void queued(int change);
  void loaded(const std::string& model, bool good, Duration time);
  /// Whether the newest file of a model can't be loaded.
  void fault(const std::string& model, bool is_there);
  void unloaded(const std::string& model);
  void spans(std::size_t sent, std::size_t dropped);
  /// Rows that the log of predictions could not keep.
  void predictions_lost(std::size_t rows);

  /// The text format 0.0.4, the process's own figures included.
  std::string text() const;

  class State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace vitrine
