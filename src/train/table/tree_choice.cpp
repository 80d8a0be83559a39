#include "train/table/tree_choice.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "data/table/split.h"
#include "train/table/standard_error.h"

namespace vitrine::train {
namespace {

/// Shapes of larger tables are compared on so many rows.
constexpr std::size_t kMostToCompare = 50'000;
constexpr std::size_t kMostInBlend = 4;
constexpr int kAnyDepth = 64;
/// Each round grows a tree for each class: with more classes, fewer and smaller shapes are tried.
constexpr std::size_t kManyOutputs = 30;

/// The mean second derivative of the loss of a row before the first tree, of the rarest class.
double mean_hessian(const TreeTarget& target, std::span<const std::uint32_t> rows) {
  if (target.classes == 0) return 1;
  std::vector<double> counts(target.classes, 1.0);
  for (const std::size_t row : rows) ++counts[static_cast<std::size_t>(target.labels[row])];
  const double share = std::ranges::min(counts) / static_cast<double>(rows.size() + counts.size());
  return (target.classes > 2 ? 2 : 1) * share * (1 - share);
}

Json boosted_settings(const TreeOptions& options, int rounds) {
  Json json{{"trees", rounds},
            {"depth", options.depth},
            {"learning_rate", options.learning_rate},
            {"row_share", options.row_share},
            {"column_share", options.column_share}};
  if (options.leaves > 0) json["leaves"] = options.leaves;
  return json;
}

/// The held-out rows of all folds but `other`.
std::vector<std::uint32_t> held_out_rows(const std::vector<TreeFold>& folds,
                                         const TreeFold* other = nullptr) {
  std::vector<std::uint32_t> rows;
  for (const TreeFold& fold : folds) {
    if (&fold != other) rows.insert(rows.end(), fold.validation.begin(), fold.validation.end());
  }
  return rows;
}

}  // namespace

double least_hessian(const TrainingRows& rows) {
  return std::clamp(static_cast<double>(rows.table.rows) / 400, 1.0, 10.0);
}

std::vector<std::uint32_t> rows_to_fit(std::span<const std::uint8_t> fold, FitRows rows) {
  std::vector<std::uint32_t> out;
  for (std::size_t row = 0; row < fold.size(); ++row) {
    if (rows == FitRows::all || fold[row] != data::kTestFold) {
      out.push_back(static_cast<std::uint32_t>(row));
    }
  }
  return out;
}

TreeChoice::TreeChoice(const BinnedTable& table, const TreeTarget& target, const TrainingRows& rows)
    : table_(table), target_(target), rows_(rows) {}

std::vector<TreeOptions> TreeChoice::boosted_shapes() const {
  // With few columns there is no column sampling: a tree with two of four columns can't model
  // interactions of three.
  const double share = target_.classes > 0 ? 0.7 : 0.8;
  const double columns = table_.columns().size() >= 10 ? share : 1;
  const double coarse = least_hessian(rows_);
  const double row = mean_hessian(target_, rows_to_fit(rows_.fold, FitRows::without_test));
  if (target_.outputs() > kManyOutputs) {
    TreeOptions small{.depth = 6,
                      .row_share = share,
                      .column_share = columns,
                      .least_hessian = std::min(coarse, 20 * row),
                      .seed = rows_.seed};
    std::vector<TreeOptions> few{small};
    small.depth = 2;
    few.push_back(small);
    return few;
  }
  // Leaf by leaf, as LightGBM grows them.
  TreeOptions sampled{.depth = kAnyDepth,
                      .leaves = static_cast<int>(std::clamp<std::size_t>(most_leaves(), 8, 31)),
                      .learning_rate = 0.05,
                      .row_share = share,
                      .column_share = columns,
                      .least_hessian = 5 * row,
                      .seed = rows_.seed};
  std::vector<TreeOptions> out{sampled};
  sampled.leaves = 0;
  sampled.least_hessian = std::min(coarse, 20 * row);
  for (const int depth : {6, 3}) {
    sampled.depth = depth;
    // Squared errors of numbers fall for thousands of small steps.
    if (target_.classes == 0 && depth == 3) sampled.learning_rate = 0.1;
    out.push_back(sampled);
  }
  for (const int depth : {2, 1}) {
    out.push_back({.depth = depth, .least_hessian = coarse, .seed = rows_.seed});
  }
  return out;
}

std::size_t TreeChoice::most_leaves() const {
  constexpr std::size_t kMostBytes = std::size_t{1} << 30;
  const std::size_t bytes = table_.sums() * sizeof(std::int64_t) * rows_.validation_folds;
  return kMostBytes / std::max<std::size_t>(1, bytes);
}

TreeOptions TreeChoice::deep_shape(TreeOptions shape) {
  shape.leaves = 127;
  shape.least_hessian *= 0.4;
  return shape;
}

std::vector<ForestOptions> TreeChoice::forest_shapes() const {
  if (target_.classes == 0 && target_.loss == TreeLoss::poisson) return {};
  // A tree for each class.
  const int trees = std::clamp(400 / static_cast<int>(target_.outputs()), 20, 100);
  ForestOptions fine{.trees = trees, .least_rows = 1, .seed = rows_.seed};
  ForestOptions coarse{.trees = trees, .least_rows = 5, .seed = rows_.seed};
  return {fine, coarse};
}

TreeChoice::Member TreeChoice::try_boosted(const TreeOptions& options,
                                           const std::vector<TreeFold>& folds,
                                           double to_beat) const {
  Member member{.options = options,
                .trial = cross_validate_trees(table_, target_, folds, options, to_beat)};
  member.loss = member.trial.losses[static_cast<std::size_t>(member.trial.rounds) - 1];
  return member;
}

TreeChoice::Member TreeChoice::try_forest(const ForestOptions& options,
                                          const std::vector<TreeFold>& folds) const {
  Member member{.options = options, .trial = {}};
  member.trial.margins = cross_validate_forest(table_, target_, folds, options);
  Margins& margins = member.trial.margins;
  member.calibration = calibrate(target_, held_out_rows(folds), margins);
  // The margins of a fold are calibrated by the other folds, if there are, so that its loss is an
  // honest one.
  std::vector<Calibration> of_fold(folds.size(), *member.calibration);
  for (std::size_t i = 0; i < folds.size() && folds.size() > 1; ++i) {
    of_fold[i] = calibrate(target_, held_out_rows(folds, &folds[i]), margins);
  }
  for (std::size_t i = 0; i < folds.size(); ++i) apply(of_fold[i], folds[i].validation, margins);
  for (const TreeFold& fold : folds) {
    member.loss += target_.mean_loss(fold.validation, member.trial.margins) /
                   static_cast<double>(folds.size());
  }
  return member;
}

bool TreeChoice::clearly_better(const Margins& one, const Margins& than, double errors) const {
  std::vector<double> gains;
  for (const auto& rows : parts_) {
    gains.push_back(target_.mean_loss(rows, than) - target_.mean_loss(rows, one));
  }
  const auto [mean, error] = mean_with_error(gains);
  return mean > errors * error;
}

void TreeChoice::try_shapes(const std::vector<TreeFold>& folds) {
  // With one fold, five parts of its rows are compared.
  constexpr std::size_t kParts = 5;
  parts_.clear();
  for (const TreeFold& fold : folds) parts_.push_back(fold.validation);
  if (folds.size() == 1) {
    parts_.assign(kParts, {});
    for (std::size_t i = 0; i < folds[0].validation.size(); ++i) {
      parts_[i % kParts].push_back(folds[0].validation[i]);
    }
  }
  // From deep to additive: the deeper learn in fewer rounds, so that a worse shape is found out
  // soon.
  double best = std::numeric_limits<double>::infinity();
  for (const TreeOptions& options : boosted_shapes()) {
    members_.push_back(try_boosted(options, folds, best));
    best = std::min(best, members_.back().loss);
  }
  if (target_.outputs() > kManyOutputs) return;
  // Where the deepest trees are clearly worse, still deeper ones are not tried.
  constexpr double kClear = 2;
  const auto least = std::ranges::min_element(members_, {}, &Member::loss);
  if (clearly_better(least->trial.margins, members_[0].trial.margins, kClear)) return;
  const TreeOptions deep = deep_shape(std::get<TreeOptions>(members_[0].options));
  if (most_leaves() >= static_cast<std::size_t>(deep.leaves)) {
    members_.push_back(try_boosted(deep, folds, best));
  }
  for (const ForestOptions& options : forest_shapes()) {
    members_.push_back(try_forest(options, folds));
  }
}

std::vector<const Margins*> TreeChoice::member_margins() const {
  std::vector<const Margins*> margins;
  for (const Member& member : members_) margins.push_back(&member.trial.margins);
  return margins;
}

void TreeChoice::keep_best_or_blend() {
  const std::vector<const Margins*> margins = member_margins();
  std::vector<std::uint32_t> held_out;
  for (const auto& rows : parts_) held_out.insert(held_out.end(), rows.begin(), rows.end());
  std::vector<double> weights = blend_weights(target_, held_out, margins, kMostInBlend);
  const auto best = static_cast<std::size_t>(std::ranges::min_element(members_, {}, &Member::loss) -
                                             members_.begin());
  if (!clearly_better(blended(margins, weights), *margins[best], 1)) {
    weights.assign(weights.size(), 0);
    weights[best] = 1;
  }
  std::vector<Member> kept;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (weights[i] == 0) continue;
    kept.push_back(std::move(members_[i]));
    kept.back().weight = weights[i];
  }
  std::ranges::stable_sort(kept, std::ranges::greater{}, &Member::weight);
  members_ = std::move(kept);
}

void TreeChoice::choose() {
  const std::vector<TreeFold> folds = tree_folds(rows_.fold, rows_.validation_folds);
  try_shapes(sampled_folds(folds, rows_.table.rows, kMostToCompare));
  keep_best_or_blend();
  if (rows_.table.rows > kMostToCompare) try_members(folds);
  sum_up(folds);
}

void TreeChoice::choose_as(const TreeChoice& other) {
  const std::vector<TreeFold> folds = tree_folds(rows_.fold, rows_.validation_folds);
  double total = 0;
  for (const Member& member : other.members_) {
    if (target_.loss == TreeLoss::poisson && member.calibration) continue;
    members_.push_back({.options = member.options, .trial = {}, .weight = member.weight});
    total += member.weight;
  }
  if (members_.empty()) members_.push_back({.options = boosted_shapes().front(), .trial = {}});
  for (Member& member : members_) member.weight /= total > 0 ? total : 1;
  try_members(folds);
  sum_up(folds);
}

void TreeChoice::try_members(const std::vector<TreeFold>& folds) {
  for (Member& member : members_) {
    const double weight = member.weight;
    const auto* const boosted = std::get_if<TreeOptions>(&member.options);
    member = boosted != nullptr
                 ? try_boosted(TreeOptions(*boosted), folds)
                 : try_forest(ForestOptions(std::get<ForestOptions>(member.options)), folds);
    member.weight = weight;
  }
}

void TreeChoice::sum_up(const std::vector<TreeFold>& folds) {
  std::vector<double> weights;
  for (const Member& member : members_) weights.push_back(member.weight);
  held_out_ = blended(member_margins(), weights);
  fold_losses_.clear();
  for (const TreeFold& fold : folds) {
    fold_losses_.push_back(target_.mean_loss(fold.validation, held_out_));
  }
}

Json TreeChoice::settings() const {
  Json all = Json::array();
  for (const Member& member : members_) {
    Json json;
    if (const auto* const boosted = std::get_if<TreeOptions>(&member.options)) {
      json = boosted_settings(*boosted, member.trial.rounds);
    } else {
      const auto& forest = std::get<ForestOptions>(member.options);
      json = {{"forest", forest.trees}, {"least_rows", forest.least_rows}};
    }
    if (members_.size() > 1) json["weight"] = rounded(member.weight, 3);
    all.push_back(std::move(json));
  }
  return all.size() == 1 ? all[0] : Json{{"blend", all}};
}

Json TreeChoice::learning_curve() const {
  for (const Member& member : members_) {
    if (!std::holds_alternative<TreeOptions>(member.options)) continue;
    Json losses = Json::array();
    for (const double loss : member.trial.losses) losses.push_back(rounded(loss, 5));
    return {{"step", "round"}, {"validation_loss", losses}, {"chosen", member.trial.rounds}};
  }
  return nullptr;
}

model::TreeEnsemble TreeChoice::fit_member(const Member& member,
                                           const std::vector<std::uint32_t>& rows) const {
  const auto* const boosted = std::get_if<TreeOptions>(&member.options);
  if (boosted != nullptr) return fit_trees(table_, target_, rows, *boosted, member.trial.rounds);
  return fit_forest(table_, target_, rows, std::get<ForestOptions>(member.options));
}

model::TreeEnsemble TreeChoice::fit(FitRows which) const {
  // With one fold there is a model of most rows already.
  if (which == FitRows::without_test && members_.size() == 1 && rows_.validation_folds == 1 &&
      rows_.table.rows > kMostToCompare && !members_[0].calibration) {
    return members_[0].trial.first_fold;
  }
  const std::vector<std::uint32_t> rows = rows_to_fit(rows_.fold, which);
  model::TreeEnsemble out;
  out.base.assign(target_.outputs(), 0);
  for (const Member& member : members_) {
    model::TreeEnsemble own = fit_member(member, rows);
    const double scale = member.weight * (member.calibration ? member.calibration->scale : 1);
    for (std::size_t k = 0; k < own.base.size(); ++k) {
      const double offset = member.calibration ? member.calibration->offsets[k] : 0;
      out.base[k] +=
          static_cast<float>(scale * static_cast<double>(own.base[k]) + member.weight * offset);
    }
    for (model::Tree& tree : own.trees) {
      for (model::Tree::Node& node : tree.nodes) {
        if (node.feature < 0)
          node.value = static_cast<float>(scale * static_cast<double>(node.value));
      }
      out.trees.push_back(std::move(tree));
    }
  }
  return out;
}

}  // namespace vitrine::train
