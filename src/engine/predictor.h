// Runs table models: from rows to probabilities or numbers.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/table/table.h"
#include "engine/contributions.h"
#include "model/model_file.h"

namespace vitrine::engine {

/// The predictions for rows, in their order. Plain data.
struct Predictions {
  std::size_t classes = 0;           ///< or of a number: data::NumberOutputs::kCount
  std::vector<float> probabilities;  ///< [row][class], in the card's order of classes; of a number:
                                     ///< [row][data::NumberOutputs]
  std::vector<int> predicted;        ///< index of the predicted class, by the threshold; of a
                                     ///< number: its tenth (data::Target::tenth_of)

  void drop_last(std::size_t rows) {
    predicted.resize(predicted.size() - std::min(rows, predicted.size()));
    probabilities.resize(predicted.size() * classes);
  }
};

/// Thread-safe: several threads may predict at once.
class Predictor {
 public:
  virtual ~Predictor() = default;

  /// `table` must have the columns of the card's schema. Throws Error(bad_model) if the outputs are
  /// not probabilities, and Error(bad_input) for a number beyond the range of float.
  virtual Predictions predict(const data::Table& table) const = 0;

  /// The contributions of each column to each row's margins. Throws Error(bad_input) with the
  /// reason if the model can't be explained.
  virtual Contributions explain(const data::Table& table) const;
  virtual bool explains() const { return false; }

  /// The name of the engine, for `inspect`.
  virtual std::string engine() const = 0;
};

/// Opens the file with the fastest engine that can run it. Throws Error(bad_model) if the file has
/// no card, no engine can run the graph, or its inputs and outputs do not match the card.
std::unique_ptr<Predictor> open_predictor(const model::ModelFile& file);

/// True if all numbers are in [0, 1]. Engines check their outputs, because a damaged or malicious
/// file may produce any values.
inline bool are_probabilities(std::span<const float> numbers) {
  return std::ranges::all_of(numbers, [](float x) { return x >= 0 && x <= 1.0001F; });
}

/// True if all outputs of rows are valid: probabilities, or finite numbers.
bool are_valid_outputs(const data::Target& target, std::span<const float> outputs);

/// Throws Error(bad_input): the prediction of a row is beyond the range of float.
[[noreturn]] void refuse_number(std::size_t row);

/// The index of the predicted class for one row of probabilities, or the tenth of a number.
int predicted_class(const model::Card& card, const float* probabilities);

/// Whether the second of two classes is predicted. Compares as floats, as the graph does.
inline bool reaches(float probability, double threshold) {
  return probability >= static_cast<float>(threshold);
}

}  // namespace vitrine::engine
