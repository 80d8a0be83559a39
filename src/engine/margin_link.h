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
  probability,       ///< the margins are probabilities; of two classes, that of the second
  number,            ///< no probabilities: the margins are of data::outputs_of()
};

inline double logistic(double margin) { return 1 / (1 + std::exp(-margin)); }

/// Writes the probabilities of `classes` classes, as floats or doubles. `link` is not `number`. In
/// the header, because it runs once a row.
template <typename Number>
void write_probabilities(MarginLink link, const double* margins, std::size_t classes, Number* out) {
  if (link == MarginLink::logistic) {
    out[0] = static_cast<Number>(logistic(-margins[0]));
    out[1] = static_cast<Number>(logistic(margins[0]));
    return;
  }
  if (link == MarginLink::probability) {
    const auto bounded = [](double p) { return static_cast<Number>(std::clamp(p, 0.0, 1.0)); };
    if (classes == 2) {
      out[1] = bounded(margins[0]);
      out[0] = 1 - out[1];
    } else {
      for (std::size_t k = 0; k < classes; ++k) out[k] = bounded(margins[k]);
    }
    return;
  }
  const double most = *std::max_element(margins, margins + classes);
  const auto weight = [&](double margin) {
    return link == MarginLink::softmax ? std::exp(margin - most) : logistic(margin);
  };
  double sum = 0;
  for (std::size_t k = 0; k < classes; ++k) sum += weight(margins[k]);
  if (sum == 0) sum = 1;  // all probabilities are 0, as with ONNX's Normalizer
  for (std::size_t k = 0; k < classes; ++k) out[k] = static_cast<Number>(weight(margins[k]) / sum);
}

}  // namespace vitrine::engine
