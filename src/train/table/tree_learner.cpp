// Boosted trees as a Learner: chooses the shape and number of trees by cross-validation.
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "train/table/design.h"
#include "train/table/learner.h"
#include "train/table/trees.h"

namespace vitrine::train {
namespace {

/// The largest number of dense features: 8 GB of floats.
constexpr std::size_t kMostCells = std::size_t{2} << 30;

/// The shapes that are tried: additive, pairs of columns, and deeper trees with sampling. Chosen on
/// the folds of the telco table, where a finer grid was not better.
std::vector<TreeOptions> shapes(std::size_t features, std::uint64_t seed) {
  // With few columns there is no column sampling: a tree with two of four columns can't model
  // interactions of three.
  const double columns = features >= 10 ? 0.7 : 1;
  std::vector<TreeOptions> out;
  out.push_back({.depth = 1, .learning_rate = 0.1, .seed = seed});
  out.push_back({.depth = 2, .learning_rate = 0.1, .seed = seed});
  for (const int depth : {3, 6}) {
    out.push_back({.depth = depth,
                   .learning_rate = 0.1,
                   .row_share = 0.7,
                   .column_share = columns,
                   .seed = seed});
  }
  return out;
}

Json rounded_curve(const std::vector<double>& losses) {
  Json out = Json::array();
  for (const double loss : losses) out.push_back(rounded(loss, 5));
  return out;
}

class TreeLearner : public Learner {
 public:
  explicit TreeLearner(const TrainingRows& rows)
      : rows_(rows), layout_(model::lay_out_features(rows.schema, false)) {
    if (rows.table.rows * layout_.size > kMostCells) {
      throw Error(ErrorKind::bad_input,
                  "trees would need " + with_commas(rows.table.rows * layout_.size * 4 >> 20) +
                      " MiB for " + counted(rows.table.rows, "row") + " of " +
                      counted(layout_.size, "feature"),
                  "--model trees",
                  "use --model logistic, or leave out columns with many categories");
    }
    values_ = dense_features(rows.schema, layout_, rows.table);
  }

  Candidate cross_validate() override {
    std::vector<TreeFold> folds(rows_.validation_folds);
    for (std::size_t i = 0; i < folds.size(); ++i) {
      folds[i].train =
          select([&](std::uint8_t fold) { return fold != i && fold != data::kTestFold; }, nullptr);
      folds[i].validation =
          select([&](std::uint8_t fold) { return fold == i; }, &folds[i].validation_places);
    }
    Candidate best;
    for (const TreeOptions& options : shapes(layout_.size, rows_.seed)) {
      TreeTrial trial = cross_validate_trees(folds, rows_.table.rows, rows_.classes(), options);
      Candidate candidate;
      candidate.algorithm = "trees";
      candidate.fold_losses = std::move(trial.fold_losses);
      candidate.probabilities = std::move(trial.probabilities);
      candidate.settings = {{"trees", trial.rounds},
                            {"depth", options.depth},
                            {"learning_rate", options.learning_rate},
                            {"row_share", options.row_share},
                            {"column_share", options.column_share}};
      candidate.learning_curve = {{"step", "round"},
                                  {"validation_loss", rounded_curve(trial.losses)},
                                  {"chosen", trial.rounds}};
      if (best.fold_losses.empty() || candidate.mean_loss() < best.mean_loss()) {
        best = std::move(candidate);
        chosen_ = options;
        rounds_ = trial.rounds;
      }
    }
    return best;
  }

  model::Classifier fit(FitRows rows_to_fit) override {
    const auto is_wanted = [&](std::uint8_t fold) {
      return rows_to_fit == FitRows::all || fold != data::kTestFold;
    };
    return fit_trees(select(is_wanted, nullptr), rows_.classes(), chosen_, rounds_);
  }

  const model::FeatureLayout& layout() const override { return layout_; }

 private:
  template <typename Wanted>
  TreeRows select(const Wanted& wanted, std::vector<std::uint32_t>* places) const {
    TreeRows out;
    out.features = layout_.size;
    for (std::size_t row = 0; row < rows_.table.rows; ++row) {
      if (!wanted(rows_.fold[row])) continue;
      const auto first = values_.begin() + static_cast<std::ptrdiff_t>(row * layout_.size);
      out.values.insert(out.values.end(), first, first + static_cast<std::ptrdiff_t>(layout_.size));
      out.labels.push_back(rows_.table.labels[row]);
      if (places != nullptr) places->push_back(static_cast<std::uint32_t>(row));
    }
    return out;
  }

  const TrainingRows& rows_;
  model::FeatureLayout layout_;
  std::vector<float> values_;
  TreeOptions chosen_;
  int rounds_ = 1;
};

}  // namespace

std::unique_ptr<Learner> tree_learner(const TrainingRows& rows) {
  return std::make_unique<TreeLearner>(rows);
}

}  // namespace vitrine::train
