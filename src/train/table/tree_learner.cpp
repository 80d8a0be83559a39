// Trees as a Learner of classes.
#include <memory>

#include "train/table/tree_choice.h"
#include "train/table/tree_prediction.h"

namespace vitrine::train {
namespace {

class TreeLearner : public Learner {
 public:
  explicit TreeLearner(const TrainingRows& rows)
      : rows_(rows),
        layout_(model::lay_out_features(rows.schema, false)),
        table_(rows.schema, layout_, rows.table),
        choice_(table_, {.classes = rows.classes(), .labels = rows.table.labels, .numbers = {}},
                rows) {}

  Candidate cross_validate() override {
    choice_.choose();
    return {.algorithm = "trees",
            .fold_losses = choice_.fold_losses(),
            .outputs = tree_probabilities(row_by_row(choice_.held_out()), rows_.classes()),
            .settings = choice_.settings(),
            .learning_curve = choice_.learning_curve()};
  }

  model::Classifier fit(FitRows rows) override { return choice_.fit(rows); }

  const model::FeatureLayout& layout() const override { return layout_; }

 private:
  const TrainingRows& rows_;
  model::FeatureLayout layout_;
  BinnedTable table_;
  TreeChoice choice_;
};

}  // namespace

std::unique_ptr<Learner> tree_learner(const TrainingRows& rows) {
  return std::make_unique<TreeLearner>(rows);
}

}  // namespace vitrine::train
