// How the margins of a model of a table become probabilities.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace vitrine::engine {

enum class MarginLink {
  logistic,          ///< one margin: that of the second of two classes
  softmax,           ///< a margin for each class
  one_against_rest,  ///< a margin for each class: logistic functions, divided by their sum
  number,            ///< no probabilities: the margins are of data::outputs_of()
};

inline double logistic(double margin) { return 1 / (1 + std::exp(-margin)); }

/// Writes the probabilities of `classes` classes. `link` is not `number`. Inline, because it runs
/// once a row.
inline void write_probabilities(MarginLink link, const double* margins, std::size_t classes,
                                float* out) {
  if (link == MarginLink::logistic) {
    out[0] = static_cast<float>(logistic(-margins[0]));
    out[1] = static_cast<float>(logistic(margins[0]));
    return;
  }
  const double most = *std::max_element(margins, margins + classes);
  const auto weight = [&](double margin) {
    return link == MarginLink::softmax ? std::exp(margin - most) : logistic(margin);
  };
  double sum = 0;
  for (std::size_t k = 0; k < classes; ++k) sum += weight(margins[k]);
  if (sum == 0) sum = 1;  // all probabilities are 0, as with ONNX's Normalizer
  for (std::size_t k = 0; k < classes; ++k) out[k] = static_cast<float>(weight(margins[k]) / sum);
}

}  // namespace vitrine::engine
