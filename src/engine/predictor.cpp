#include "engine/predictor.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace vitrine::engine {

Contributions Predictor::explain(const data::Table&) const {
  throw Error(ErrorKind::bad_input, "this model can't explain its predictions", "explain",
              "only compiled models can, made by 'vitrine train' or 'vitrine import'; 'vitrine "
              "inspect' shows the engine");
}

bool are_valid_outputs(const data::Target& target, std::span<const float> outputs) {
  if (!target.number) return are_probabilities(outputs);
  return std::ranges::all_of(outputs, [](float x) { return std::isfinite(x); });
}

void refuse_number(std::size_t row) {
  throw Error(ErrorKind::bad_input, "the prediction is too large to be written",
              "row " + std::to_string(row), "send numbers in the range of the training data");
}

int predicted_class(const model::Card& card, const float* probabilities) {
  const data::Target& target = card.schema.target;
  switch (target.task()) {
    case data::TaskKind::binary:
      return reaches(probabilities[1], card.threshold) ? 1 : 0;
    case data::TaskKind::multiclass:
      return static_cast<int>(
          std::max_element(probabilities, probabilities + target.classes.size()) - probabilities);
    case data::TaskKind::regression:
      return target.tenth_of(static_cast<double>(probabilities[0]));
  }
  unknown_kind("task", target.task());
}

}  // namespace vitrine::engine
