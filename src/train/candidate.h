// The kinds of models that training compares, and how each is judged on rows
// that it has not seen.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "data/split.h"
#include "model/classifier.h"
#include "model/features.h"

namespace vitrine {

/// What all candidates are trained and judged on. Labels are class indices, no
/// row is without. Folds [0, judged_folds) take turns to judge; other folds only
/// teach; kTestFold does neither.
struct TrainingRows {
  const TableSchema& schema;
  const Table& table;
  std::vector<std::uint8_t> fold;
  std::size_t judged_folds = kFolds;
  std::uint64_t seed = 1;

  std::size_t classes() const { return schema.target.classes.size(); }
};

/// A kind of model with its strength chosen.
struct Candidate {
  std::string algorithm;  ///< "logistic" or "trees"
  std::vector<double> fold_losses;
  std::vector<float> probabilities;  ///< of each row, by the model that did not see it
  Json settings;                     ///< what was chosen, for the card
  Json learning_curve;               ///< by step of training, for the card; null: has no steps
  double mean_loss() const;
  double standard_error() const;  ///< of the mean over the folds; 0 for one fold
  /// Loses less to `better`, fold by fold, than one standard error of the
  /// difference. With one fold: loses nothing.
  bool as_good_as(const Candidate& better) const;
};

/// Which rows the model that is kept sees.
enum class Teach { but_test, all };

/// One kind of model. Not thread-safe.
class Contender {
 public:
  virtual ~Contender() = default;
  /// Chooses the strength by the folds.
  virtual Candidate cross_validate() = 0;
  /// The model with the chosen strength; after cross_validate().
  virtual Classifier fit(Teach teach) = 0;
  virtual const FeatureLayout& layout() const = 0;
};

std::unique_ptr<Contender> logistic_contender(const TrainingRows& rows);
std::unique_ptr<Contender> trees_contender(const TrainingRows& rows);

/// Probabilities of a classifier for rows of a table, by the same arithmetic as
/// the saved graph (to about 1e-6).
std::vector<float> predict_classifier(const TableSchema& schema, const FeatureLayout& layout,
                                      const Classifier& classifier, const Table& table);

}  // namespace vitrine
