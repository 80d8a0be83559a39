#include "train/table/learner.h"

#include "train/table/linear_probabilities.h"
#include "train/table/number_fit.h"
#include "train/table/standard_error.h"
#include "train/table/tree_prediction.h"

namespace vitrine::train {

std::span<const LearnerKind> learners() {
  static constexpr LearnerKind kKinds[] = {
      {"logistic", false, "logistic regression: choosing C", logistic_learner},
      {"linear", true, "linear regression: choosing the penalty", linear_number_learner},
      {"trees", false, "boosted trees: choosing their shape and number", tree_learner},
      {"trees", true, "boosted trees: choosing their shape and number", tree_number_learner},
  };
  return kKinds;
}

double Candidate::mean_loss() const { return mean_with_error(fold_losses).mean; }

double Candidate::standard_error() const { return mean_with_error(fold_losses).standard_error; }

bool Candidate::as_good_as(const Candidate& better) const {
  constexpr double kLittle = 0.01;
  std::vector<double> more;
  for (std::size_t fold = 0; fold < fold_losses.size(); ++fold) {
    more.push_back(fold_losses[fold] - better.fold_losses[fold]);
  }
  const auto [mean, error] = mean_with_error(more);
  return mean <= 0 || (mean <= error && mean <= kLittle * better.mean_loss());
}

std::vector<float> predict_classifier(const data::TableSchema& schema,
                                      const model::FeatureLayout& layout,
                                      const model::Classifier& classifier,
                                      const data::Table& table) {
  struct Predict {
    const data::TableSchema& schema;
    const model::FeatureLayout& layout;
    const data::Table& table;

    std::vector<float> operator()(const model::LinearModel& linear) const {
      const Design design = pack_design(schema, layout, table, linear);
      std::vector<std::vector<double>> scores;
      for (std::size_t k = 0; k < linear.weights.size(); ++k) {
        FloatWeights weights;
        weights.features.assign(linear.weights[k].begin(), linear.weights[k].end());
        weights.bias = static_cast<float>(linear.bias[k]);
        scores.push_back(margins(design, {weights}));
      }
      if (schema.target.number) {
        return number_outputs(*schema.target.number, scores[0], scores[1]);
      }
      return linear_probabilities(scores, linear.softmax);
    }
    std::vector<float> operator()(const model::TreeEnsemble& trees) const {
      if (schema.target.number) {
        const auto both = tree_margins(trees, schema, layout, table);
        std::vector<double> margins, log_sizes;
        for (std::size_t row = 0; row < table.rows; ++row) {
          margins.push_back(both[2 * row]);
          log_sizes.push_back(both[2 * row + 1]);
        }
        return number_outputs(*schema.target.number, margins, log_sizes);
      }
      return tree_probabilities(tree_margins(trees, schema, layout, table),
                                schema.target.classes.size());
    }
  };
  return std::visit(Predict{schema, layout, table}, classifier);
}

}  // namespace vitrine::train
