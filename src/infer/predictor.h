// A model file brought to life: rows in, probabilities out.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/table.h"
#include "infer/contributions.h"
#include "model/model_file.h"

namespace vitrine {

/// Answers for rows, in their order.
struct Predictions {
  std::size_t classes = 0;
  std::vector<float> probabilities;  ///< row after row, in the card's order of classes
  std::vector<int> answers;          ///< class index: the label, threshold obeyed

  void drop_last(std::size_t rows) {
    answers.resize(answers.size() - std::min(rows, answers.size()));
    probabilities.resize(answers.size() * classes);
  }
};

/// Thread-safe: many threads may predict at once.
class Predictor {
 public:
  virtual ~Predictor() = default;

  /// `table` must be in the terms of the card's schema.
  virtual Predictions predict(const Table& table) const = 0;

  /// What each column contributed to each row's margins. Throws Error(bad_input) where the model
  /// can't be explained, saying why.
  virtual Contributions explain(const Table& table) const;
  virtual bool explains() const { return false; }

  /// The engine that runs the model and why it was picked, for `inspect`.
  virtual std::string engine() const = 0;
};

/// Picks the fastest engine that can run the file. Throws Error(bad_model) for
/// a file without a card, for a graph that no engine takes, and for one whose
/// inputs and outputs are not those its card names.
std::unique_ptr<Predictor> open_predictor(const ModelFile& file);

/// What every engine's answers are asked: a damaged or hostile file's may be anything.
inline bool are_probabilities(std::span<const float> numbers) {
  return std::ranges::all_of(numbers, [](float x) { return x >= 0 && x <= 1.0001F; });
}

/// The class that is answered for one row's probabilities.
int answer_of(const Card& card, const float* probabilities);

}  // namespace vitrine
