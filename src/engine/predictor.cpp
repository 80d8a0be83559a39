#include "engine/predictor.h"

#include <algorithm>

#include "base/error.h"

namespace vitrine::engine {

Contributions Predictor::explain(const data::Table&) const {
  throw Error(ErrorKind::bad_input, "this model can't explain its predictions", "explain",
              "only compiled models can, made by 'vitrine train' or 'vitrine import'; 'vitrine "
              "inspect' shows the engine");
}

int predicted_class(const model::Card& card, const float* probabilities) {
  const data::Target& target = card.schema.target;
  switch (target.task()) {
    case data::TaskKind::binary:
      return probabilities[1] >= static_cast<float>(card.threshold) ? 1 : 0;
    case data::TaskKind::multiclass:
      return static_cast<int>(
          std::max_element(probabilities, probabilities + target.classes.size()) - probabilities);
  }
  unknown_kind("task", target.task());
}

}  // namespace vitrine::engine
