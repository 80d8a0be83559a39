#include "train/evaluation.h"

#include "engine/predictor.h"
#include "task/evaluation.h"

namespace vitrine::train {

Json evaluate(const model::Card& card, const std::vector<float>& probabilities,
              const std::vector<int>& labels, bool cross_fitted) {
  const data::Target& target = card.schema.target;
  const std::size_t classes = target.classes.size();
  std::vector<int> answers;
  for (std::size_t at = 0; at < probabilities.size(); at += classes) {
    answers.push_back(engine::predicted_class(card, &probabilities[at]));
  }
  task::Evaluation evaluation = task::evaluate({probabilities, answers, labels, classes}, target);
  if (cross_fitted) task::widen_cross_fitted(evaluation);
  return task::to_json(evaluation, target.class_names());
}

Truths truths_of(const data::Table& table) {
  return truths_where(table, [](std::size_t) { return true; });
}

Json evaluate(const model::Card& card, const std::vector<float>& outputs, const Truths& truths) {
  if (!card.schema.target.number) return evaluate(card, outputs, std::get<0>(truths));
  const auto* targets = std::get_if<std::vector<double>>(&truths);  // a table without rows has none
  return task::to_json(
      task::evaluate(
          task::NumberCases{outputs, targets != nullptr ? *targets : std::vector<double>()},
          card.schema.target),
      {});
}

}  // namespace vitrine::train
