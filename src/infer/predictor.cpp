#include "infer/predictor.h"

#include <algorithm>

#include "base/error.h"
#include "infer/compiled_table.h"
#include "infer/onnx_runtime.h"

namespace vitrine {

std::unique_ptr<Predictor> open_predictor(const ModelFile& file) {
  if (!file.card) {
    throw Error(
        ErrorKind::bad_model, "the file has no card: Vitrine did not make it", file.path,
        "use a file that 'vitrine train' saved; 'vitrine inspect' shows what this one takes");
  }
  if (file.of_photos()) {
    throw Error(ErrorKind::bad_model, "this is a model of photos, not of a table", file.path,
                "give it photos");
  }
  if (auto compiled = open_compiled_table(file)) return compiled;
  return open_onnx_runtime(file);
}

Contributions Predictor::explain(const Table&) const {
  throw Error(ErrorKind::bad_input, "this model can't explain its answers", "explain",
              "models that 'vitrine train' or 'vitrine import' made and that run compiled can: see "
              "'vitrine inspect'");
}

int answer_of(const Card& card, const float* probabilities) {
  const std::size_t classes = card.schema.target.classes.size();
  if (classes == 2) return probabilities[1] >= static_cast<float>(card.threshold) ? 1 : 0;
  return static_cast<int>(std::max_element(probabilities, probabilities + classes) - probabilities);
}

}  // namespace vitrine
