#include "train/table/solvers/solvers.h"

#include <xgboost/c_api.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/json.h"
#include "base/parallel.h"
#include "metrics/classification.h"

namespace vitrine::train {
namespace {

constexpr int kPatience = 30;

/// Without classes, numbers are predicted.
data::TaskKind task_with(std::size_t classes) {
  return classes == 0 ? data::TaskKind::regression : data::task_of(classes);
}

constexpr int kBlockOfRounds = 10;

void check(int status) {
  if (status == 0) return;
  throw Error(ErrorKind::failed, std::string("XGBoost failed: ") + shown(XGBGetLastError(), 300),
              "training trees", "try --model logistic");
}

/// A data matrix of XGBoost; owns the handle.
class Matrix {
 public:
  explicit Matrix(const TreeRows& rows) {
    check(XGDMatrixCreateFromMat(rows.values.data(), rows.rows(), rows.features,
                                 std::numeric_limits<float>::quiet_NaN(), &handle_));
    std::vector<float> labels = rows.targets;
    if (labels.empty()) labels.assign(rows.labels.begin(), rows.labels.end());
    check(XGDMatrixSetFloatInfo(handle_, "label", labels.data(), labels.size()));
  }
  Matrix(const Matrix&) = delete;
  Matrix& operator=(const Matrix&) = delete;
  ~Matrix() { XGDMatrixFree(handle_); }
  DMatrixHandle handle() const { return handle_; }

 private:
  DMatrixHandle handle_ = nullptr;
};

/// The share of the second class, never 0 or 1.
double base_probability(const std::vector<int>& labels) {
  const auto positives = static_cast<double>(std::ranges::count(labels, 1));
  return (positives + 1) / (static_cast<double>(labels.size()) + 2);
}

class Booster {
 public:
  Booster(const std::vector<DMatrixHandle>& matrices, std::size_t classes, const TreeRows& train,
          const TreeOptions& options) {
    const auto rows = static_cast<double>(train.rows());
    check(XGBoosterCreate(matrices.data(), matrices.size(), &handle_));
    set("verbosity", "0");
    set("tree_method", "hist");
    set("nthread", "1");  // with several threads, the order of sums and so the trees would vary
    set("seed", std::to_string(options.seed));
    // XGBoost has one random engine per thread, and the rounds of a booster may run on any thread.
    // The engine must be seeded in each round, or sampling would depend on the scheduling.
    set("seed_per_iteration", "1");
    set("max_depth", std::to_string(options.depth));
    if (options.leaves > 0) {
      set("grow_policy", "lossguide");
      set("max_leaves", std::to_string(options.leaves));
    }
    set("learning_rate", std::to_string(options.learning_rate));
    set("subsample", std::to_string(options.row_share));
    set("colsample_bytree", std::to_string(options.column_share));
    // In units of p * (1 - p). With a fixed value of 10, small tables could not be split at all.
    set("min_child_weight", std::to_string(std::clamp(rows / 400, 1.0, 10.0)));
    switch (task_with(classes)) {
      case data::TaskKind::binary:
        set("objective", "binary:logistic");
        // XGBoost's own estimate fails if a fold lacks a class.
        set("base_score", std::to_string(base_probability(train.labels)));
        break;
      case data::TaskKind::multiclass:
        set("objective", "multi:softprob");
        set("num_class", std::to_string(classes));
        break;
      case data::TaskKind::regression:
        // Targets are scaled so that the margin 0 is a good start.
        set("objective", options.loss == TreeLoss::poisson ? "count:poisson" : "reg:squarederror");
        set("base_score", options.loss == TreeLoss::poisson ? "1" : "0");
        break;
    }
  }
  Booster(const Booster&) = delete;
  Booster& operator=(const Booster&) = delete;
  ~Booster() { XGBoosterFree(handle_); }

  void update(int round, DMatrixHandle train) {
    check(XGBoosterUpdateOneIter(handle_, round, train));
  }

  /// The probabilities [row][class], or without classes the margins, of the first `rounds` rounds.
  std::vector<float> predict(DMatrixHandle rows, std::size_t classes, int rounds) const {
    const std::string config = R"({"type":)" + std::string(classes == 0 ? "1" : "0") +
                               R"(,"training":false,"iteration_begin":0,"iteration_end":)" +
                               std::to_string(rounds) + R"(,"strict_shape":true})";
    const bst_ulong* shape = nullptr;
    bst_ulong dimensions = 0;
    const float* values = nullptr;
    check(XGBoosterPredictFromDMatrix(handle_, rows, config.c_str(), &shape, &dimensions, &values));
    const std::size_t count = shape[0];
    switch (task_with(classes)) {
      case data::TaskKind::binary: {
        std::vector<float> both(count * 2);
        for (std::size_t row = 0; row < count; ++row) {
          both[row * 2] = 1 - values[row];
          both[row * 2 + 1] = values[row];
        }
        return both;
      }
      case data::TaskKind::multiclass:
        return {values, values + count * classes};
      case data::TaskKind::regression:
        return {values, values + count};
    }
    unknown_kind("task", task_with(classes));
  }

  Json model() const {
    bst_ulong size = 0;
    const char* bytes = nullptr;
    check(XGBoosterSaveModelToBuffer(handle_, R"({"format":"json"})", &size, &bytes));
    return Json::parse(std::string_view(bytes, size));
  }

 private:
  void set(const char* name, const std::string& value) {
    check(XGBoosterSetParam(handle_, name, value.c_str()));
  }
  BoosterHandle handle_ = nullptr;
};

/// Reads the base score, which XGBoost 3 writes as "[2.6E-1]" or "2.6E-1": a probability for two
/// classes, a margin for more. Without classes it is known.
std::vector<float> base_margins(const Json& learner, std::size_t classes) {
  std::string text = learner.at("learner_model_param").at("base_score");
  std::erase_if(text, [](char c) { return c == '[' || c == ']'; });
  const double score = std::stod(text);
  switch (task_with(classes)) {
    case data::TaskKind::binary:
      return {static_cast<float>(std::log(score / (1 - score)))};
    case data::TaskKind::multiclass:
      return std::vector<float>(classes, static_cast<float>(score));
    case data::TaskKind::regression:
      return {0};
  }
  unknown_kind("task", task_with(classes));
}

model::Tree read_tree(const Json& json) {
  const auto& left = json.at("left_children");
  const auto& right = json.at("right_children");
  const auto& features = json.at("split_indices");
  const auto& values = json.at("split_conditions");
  const auto& default_left = json.at("default_left");
  const auto& covers = json.at("sum_hessian");
  model::Tree tree;
  for (std::size_t i = 0; i < left.size(); ++i) {
    model::Tree::Node node;
    node.value = values[i].get<float>();
    node.left = left[i].get<int>();
    node.right = right[i].get<int>();
    const bool leaf = node.left < 0;
    node.feature = leaf ? -1 : features[i].get<int>();
    node.missing_left = default_left[i].get<int>() != 0;
    node.cover = covers[i].get<float>();
    tree.nodes.push_back(node);
  }
  return tree;
}

/// The mean loss of predictions (see Booster::predict()).
double loss_of(const std::vector<float>& predictions, const TreeRows& rows, std::size_t classes,
               TreeLoss loss) {
  if (classes > 0) return metrics::log_loss(predictions, rows.labels, classes);
  double sum = 0;
  for (std::size_t row = 0; row < predictions.size(); ++row) {
    const double margin = predictions[row];
    const double target = rows.targets[row];
    sum += loss == TreeLoss::poisson ? std::exp(margin) - target * margin
                                     : (margin - target) * (margin - target);
  }
  return sum / std::max<double>(1, static_cast<double>(predictions.size()));
}

struct RunningFold {
  RunningFold(const TreeFold& fold, std::size_t classes, const TreeOptions& options)
      : train(fold.train),
        validation(fold.validation),
        booster({train.handle(), validation.handle()}, classes, fold.train, options) {}
  Matrix train;
  Matrix validation;
  Booster booster;
  std::vector<double> losses;  ///< after each round
};

}  // namespace

TreeTrial cross_validate_xgboost(const std::vector<TreeFold>& folds, std::size_t rows,
                                 std::size_t classes, const TreeOptions& options) {
  std::vector<std::unique_ptr<RunningFold>> running(folds.size());
  parallel_for(folds.size(), [&](std::size_t i) {
    running[i] = std::make_unique<RunningFold>(folds[i], classes, options);
  });
  TreeTrial trial;
  double best = std::numeric_limits<double>::infinity();
  for (int first = 0; first < options.most_rounds; first += kBlockOfRounds) {
    parallel_for(folds.size(), [&](std::size_t i) {
      RunningFold& fold = *running[i];
      for (int round = first; round < first + kBlockOfRounds; ++round) {
        fold.booster.update(round, fold.train.handle());
        const auto p = fold.booster.predict(fold.validation.handle(), classes, round + 1);
        fold.losses.push_back(loss_of(p, folds[i].validation, classes, options.loss));
      }
    });
    for (int round = first; round < first + kBlockOfRounds; ++round) {
      double mean = 0;
      for (const auto& fold : running) mean += fold->losses[static_cast<std::size_t>(round)];
      trial.losses.push_back(mean / static_cast<double>(running.size()));
      if (mean < best) {
        best = mean;
        trial.rounds = round + 1;
      }
    }
    if (first + kBlockOfRounds - trial.rounds >= kPatience) break;
  }
  const std::size_t each = std::max<std::size_t>(1, classes);
  std::vector<float>& held_out = classes == 0 ? trial.margins : trial.probabilities;
  held_out.resize(rows * each);
  for (std::size_t i = 0; i < folds.size(); ++i) {
    const auto p =
        running[i]->booster.predict(running[i]->validation.handle(), classes, trial.rounds);
    for (std::size_t row = 0; row < folds[i].validation_places.size(); ++row) {
      std::copy_n(&p[row * each], each, &held_out[folds[i].validation_places[row] * each]);
    }
    trial.fold_losses.push_back(running[i]->losses[static_cast<std::size_t>(trial.rounds) - 1]);
  }
  return trial;
}

model::TreeEnsemble fit_xgboost(const TreeRows& rows, std::size_t classes,
                                const TreeOptions& options, int rounds) {
  const Matrix matrix(rows);
  Booster booster({matrix.handle()}, classes, rows, options);
  for (int round = 0; round < rounds; ++round) booster.update(round, matrix.handle());
  const Json model = booster.model();
  const Json& learner = model.at("learner");
  model::TreeEnsemble ensemble;
  ensemble.base = base_margins(learner, classes);
  for (const Json& tree : learner.at("gradient_booster").at("model").at("trees")) {
    ensemble.trees.push_back(read_tree(tree));
  }
  return ensemble;
}

std::string xgboost_library_version() {
  int major = 0;
  int minor = 0;
  int patch = 0;
  XGBoostVersion(&major, &minor, &patch);
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

}  // namespace vitrine::train
