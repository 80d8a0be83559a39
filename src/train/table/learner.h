// The interface of the kinds of models that training compares, and their cross-validation.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "data/table/split.h"
#include "model/classifier.h"
#include "model/features.h"

namespace vitrine::train {

/// The rows for training and cross-validation. Every row has a label (class index, or tenth
/// of its number). Each of the
/// folds [0, validation_folds) is held out once; other folds are only trained on; kTestFold is not
/// used.
struct TrainingRows {
  const data::TableSchema& schema;
  const data::Table& table;
  std::vector<std::uint8_t> fold;
  std::size_t validation_folds = data::kFolds;
  std::uint64_t seed = 1;

  std::size_t classes() const { return schema.target.classes.size(); }
};

/// The cross-validation result of a kind of model with its chosen settings.
struct Candidate {
  std::string algorithm;  ///< "logistic", "linear" or "trees"
  std::vector<double>
      fold_losses;             ///< of each held-out fold: log loss, or fold_errors() of numbers
  std::vector<float> outputs;  ///< [row][class] or [row][data::NumberOutputs], by the model
                               ///< that held the row out
  std::optional<data::NumberTarget> number;  ///< the target with its scale and intervals
  Json settings;                             ///< the chosen settings, for the card
  Json learning_curve;  ///< by training step, for the card; null if there are no steps
  double mean_loss() const;
  double standard_error() const;  ///< of the mean over the folds; 0 for one fold
  /// True if the mean loss exceeds that of `better` by at most one standard error of the difference
  /// over the folds and by at most a hundredth. With one fold: if it is not larger.
  bool as_good_as(const Candidate& better) const;
};

/// The rows on which a model is fitted.
enum class FitRows { without_test, all };

/// One kind of model. Not thread-safe.
class Learner {
 public:
  virtual ~Learner() = default;
  /// Chooses the settings by cross-validation.
  virtual Candidate cross_validate() = 0;
  /// Fits a model with the chosen settings; call cross_validate() first.
  virtual model::Classifier fit(FitRows rows) = 0;
  virtual const model::FeatureLayout& layout() const = 0;
};

/// A kind of model that `train --algorithm` knows. A new kind is one more row of learners().
struct LearnerKind {
  std::string_view name;      ///< in --model and the card
  bool of_numbers = false;    ///< predicts a number, else classes
  std::string_view progress;  ///< what cross_validate() does, for the user
  /// `rows` must outlive the learner. Throws Error(bad_input) if it needs too much memory.
  std::unique_ptr<Learner> (*make)(const TrainingRows& rows);
};

/// The kinds of models, the simplest first. A name may occur once for classes and once for numbers.
std::span<const LearnerKind> learners();

// The rows of learners().
std::unique_ptr<Learner> logistic_learner(const TrainingRows& rows);
std::unique_ptr<Learner> tree_learner(const TrainingRows& rows);
std::unique_ptr<Learner> linear_number_learner(const TrainingRows& rows);
std::unique_ptr<Learner> tree_number_learner(const TrainingRows& rows);

/// The outputs of a model, [row][class] or [row][data::NumberOutputs], equal to those of the saved
/// graph within about 1e-6. Uses all cores.
std::vector<float> predict_classifier(const data::TableSchema& schema,
                                      const model::FeatureLayout& layout,
                                      const model::Classifier& classifier,
                                      const data::Table& table);

}  // namespace vitrine::train
