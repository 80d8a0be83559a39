// The order in which every training runs, from data to a checked model file. Trainings of tables
// and of photos differ in what the steps do, not in their order.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "model/card.h"

namespace vitrine::train {

/// Called at the beginning of each step, with a text for the user.
using Progress = std::function<void(const std::string& step)>;

/// A model that was trained, serialised, reopened and compared.
struct TrainedModel {
  model::Card card;
  std::string bytes;               ///< the file
  double largest_difference = 0;   ///< of probabilities, between the reopened file and the training
  std::vector<std::string> notes;  ///< further results, one line each
};

/// One training. The members of a subclass are the data that its steps share. Each step may throw
/// Error. Not thread-safe.
class TrainingJob {
 public:
  virtual ~TrainingJob() = default;

  TrainedModel run() {
    read();
    choose();
    fit();
    complete_card();
    out_.bytes = serialise();
    progress_("reopening and comparing");
    check_reopened();
    return std::move(out_);
  }

 protected:
  explicit TrainingJob(const Progress& progress) : progress_(progress) {}

  /// Reads the data, splits it, and collects the warnings about it.
  virtual void read() = 0;
  /// Chooses the model and its settings on held-out data, and evaluates it there, unless the
  /// choice is only complete after fit().
  virtual void choose() = 0;
  /// Fits the model that is saved.
  virtual void fit() = 0;
  /// Completes the card.
  virtual void complete_card() = 0;
  /// The bytes of the file.
  virtual std::string serialise() const = 0;
  /// Opens the bytes as `predict` does, and in ONNX Runtime without optimisation, and compares
  /// their predictions with the training's. Throws Error(failed) if they differ by more than the
  /// order of sums explains. What needs the reopened model (the precisions of a network) is
  /// measured here, too; the card and the bytes then change.
  virtual void check_reopened() = 0;

  const Progress& progress_;
  TrainedModel out_;
};

}  // namespace vitrine::train
