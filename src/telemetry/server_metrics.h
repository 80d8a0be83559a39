// The server's metrics for Prometheus. docs/reference/metrics.md lists their names.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace vitrine::telemetry {

/// The time that one request spent in each stage.
struct StageTimes {
  Duration queue{};   ///< waiting for a worker or for its batch
  Duration decode{};  ///< from bytes to rows or pixels
  Duration infer{};   ///< the model itself, of the whole batch
  Duration total{};   ///< from the request's last byte to its response
};

/// Metrics of one version of a model. Thread-safe. Its time series are removed when the object is
/// destroyed, so that reloads do not accumulate series.
class ModelMetrics {
 public:
  virtual ~ModelMetrics() = default;
  /// A request was answered with the HTTP status `code`. Times are recorded for 200 only.
  virtual void answered(unsigned code, const StageTimes& times) = 0;
  /// A batch of `photos` ran.
  virtual void batch(std::size_t photos) = 0;
  /// A shadow version's predictions were compared with the returned ones: number of rows, rows with
  /// another label, largest difference of a probability.
  virtual void compared(std::size_t rows, std::size_t other_labels, double largest_difference) = 0;
  /// The population stability index of a column against training.
  virtual void drift(std::string_view column, double psi) = 0;
  /// Values of a column that training has not seen; `kind` is "unseen" or "outside".
  virtual void unusual(std::string_view column, std::string_view kind, std::size_t values) = 0;
  virtual void class_share(std::string_view name, double share) = 0;
};

/// All metrics of the process. Thread-safe.
class ServerMetrics {
 public:
  ServerMetrics();
  ~ServerMetrics();

  /// The metrics of a version; the same object while anybody holds it.
  std::shared_ptr<ModelMetrics> of_model(const std::string& name, std::uint64_t version);

  void answered(unsigned code);  ///< a request of any path, by HTTP status
  void connected(int change);    ///< +1 or -1 open connections
  /// Work that was refused or dropped: `queue_full`, `overloaded`, `deadline`, ...
  void rejected(std::string_view reason);
  void queued(int change);  ///< requests that wait for a worker
  void loaded(const std::string& model, bool good, Duration time);
  /// Whether the newest file of a model failed to load.
  void fault(const std::string& model, bool is_there);
  void unloaded(const std::string& model);
  void spans(std::size_t sent, std::size_t dropped);
  /// Rows that the log of predictions could not keep.
  void predictions_lost(std::size_t rows);

  /// All metrics, those of the process included, in Prometheus' text format 0.0.4.
  std::string text() const;

  class State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace vitrine::telemetry
