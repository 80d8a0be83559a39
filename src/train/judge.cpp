#include "train/judge.h"

#include "infer/predictor.h"
#include "metrics/classification.h"
#include "metrics/report.h"

namespace vitrine {

Json judge(const Card& card, const std::vector<float>& probabilities,
           const std::vector<int>& labels, bool cross_fitted) {
  const Target& target = card.schema.target;
  const std::size_t classes = target.classes.size();
  std::vector<int> answers;
  for (std::size_t at = 0; at < probabilities.size(); at += classes) {
    answers.push_back(answer_of(card, &probabilities[at]));
  }
  Evaluation evaluation = evaluate_classifier(probabilities, answers, labels, classes);
  if (cross_fitted) widen_cross_fitted(evaluation);
  return to_json(evaluation, target.class_names());
}

}  // namespace vitrine
