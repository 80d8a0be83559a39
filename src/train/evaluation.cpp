#include "train/evaluation.h"

#include "engine/predictor.h"
#include "metrics/classification.h"
#include "metrics/report.h"

namespace vitrine::train {

Json evaluate(const model::Card& card, const std::vector<float>& probabilities,
              const std::vector<int>& labels, bool cross_fitted) {
  const data::Target& target = card.schema.target;
  const std::size_t classes = target.classes.size();
  std::vector<int> answers;
  for (std::size_t at = 0; at < probabilities.size(); at += classes) {
    answers.push_back(engine::predicted_class(card, &probabilities[at]));
  }
  metrics::Evaluation evaluation =
      metrics::evaluate_classifier(probabilities, answers, labels, classes);
  if (cross_fitted) metrics::widen_cross_fitted(evaluation);
  return metrics::to_json(evaluation, target.class_names());
}

}  // namespace vitrine::train
