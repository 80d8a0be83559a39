#include "engine/predictor.h"

#include <algorithm>

#include "base/error.h"
#include "engine/onnx_runtime.h"
#include "engine/table/compiled_table.h"

namespace vitrine::engine {

std::unique_ptr<Predictor> open_predictor(const model::ModelFile& file) {
  if (!file.card) {
    throw Error(
        ErrorKind::bad_model, "the file has no card; it was not made by Vitrine", file.path,
        "use a file that 'vitrine train' saved; 'vitrine inspect' shows the inputs of this one");
  }
  if (file.of_photos()) {
    throw Error(ErrorKind::bad_model, "the model classifies photos, not rows of a table", file.path,
                "pass photos");
  }
  if (auto compiled = open_compiled_table(file)) return compiled;
  return open_onnx_runtime(file);
}

Contributions Predictor::explain(const data::Table&) const {
  throw Error(ErrorKind::bad_input, "this model can't explain its predictions", "explain",
              "only compiled models can, made by 'vitrine train' or 'vitrine import'; 'vitrine "
              "inspect' shows the engine");
}

int predicted_class(const model::Card& card, const float* probabilities) {
  const std::size_t classes = card.schema.target.classes.size();
  if (classes == 2) return probabilities[1] >= static_cast<float>(card.threshold) ? 1 : 0;
  return static_cast<int>(std::max_element(probabilities, probabilities + classes) - probabilities);
}

}  // namespace vitrine::engine
