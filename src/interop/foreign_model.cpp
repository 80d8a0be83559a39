#include "interop/foreign_model.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <tuple>

#include "base/error.h"
#include "base/text.h"
#include "data/table/value.h"

namespace vitrine::interop {
namespace {

/// Of all trees together; a million nodes take some 30 MB.
constexpr std::size_t kMostNodes = 8'000'000;

data::Target target_of(const ForeignModel& model, const ImportOptions& options) {
  data::Target target{.name = options.target, .key = data::normalised(options.target)};
  if (model.classes.empty()) {
    target.number = data::NumberTarget{.link = model.number.link, .scale = model.number.scale};
    if (!(target.number->scale > 0)) throw std::invalid_argument("it has no trees");
  }
  target.classes = data::classes_of_names(model.classes);
  return target;
}

/// TreeEnsemble's order: tree i belongs to margin i % margins. Margins with fewer trees get
/// `constant`.
std::vector<const ForeignTree*> in_turns(const ForeignTrees& trees, const ForeignTree& constant) {
  const std::size_t margins = trees.base.size();
  std::vector<std::vector<const ForeignTree*>> by_margin(margins);
  for (const auto& one : trees.trees) {
    if (one.margin >= margins) throw std::invalid_argument("a tree belongs to no class");
    by_margin[one.margin].push_back(&one.tree);
  }
  std::size_t rounds = 0;
  for (const auto& one : by_margin) rounds = std::max(rounds, one.size());
  if (rounds * margins > 2 * trees.trees.size() + 10'000) {
    throw std::invalid_argument("most classes have no trees");
  }
  std::vector<const ForeignTree*> out;
  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t k = 0; k < margins; ++k) {
      out.push_back(round < by_margin[k].size() ? by_margin[k][round] : &constant);
    }
  }
  return out;
}

/// Of two classes with a margin each, the difference: the margin of the second.
void subtract_first_margin(ForeignTrees& trees) {
  for (ForeignTrees::Tree& one : trees.trees) {
    if (one.margin == 1) {
      one.margin = 0;
      continue;
    }
    for (ForeignTree::Node& node : one.tree.nodes) {
      if (node.feature < 0) node.value = -node.value;
    }
  }
  trees.base = {trees.base[1] - trees.base[0]};
}

/// Sets the origins of columns of numbers whose floats are too coarse: behind a scaler, those far
/// from 0; and those that trees compare in doubles at thresholds close to each other.
void set_origins(ForeignTable& table, const ForeignTrees* trees) {
  constexpr double kFar = 8;          // times the unit: three bits are lost
  constexpr double kClose = 0x1p-20;  // of the threshold
  for (const ForeignFeature& feature : table.features) {
    ForeignColumn& column = table.columns[feature.column];
    const auto scaling = scaling_of(feature);
    if (column.category || column.origin || !scaling) continue;
    if (std::abs(scaling->centre) > kFar * scaling->unit) column.origin = scaling->centre;
  }
  if (trees == nullptr || trees->comparison != Comparison::less_or_equal_in_double) return;
  std::vector<std::vector<double>> thresholds(table.columns.size());
  for (const auto& [tree, margin] : trees->trees) {
    for (const ForeignTree::Node& node : tree.nodes) {
      if (node.feature < 0 || static_cast<std::size_t>(node.feature) >= table.features.size())
        continue;
      const ForeignFeature& feature = table.features[static_cast<std::size_t>(node.feature)];
      if (feature.steps.empty()) thresholds[feature.column].push_back(node.threshold);
    }
  }
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    auto& all = thresholds[i];
    if (table.columns[i].category || table.columns[i].origin || all.size() < 2) continue;
    std::ranges::sort(all);
    for (std::size_t k = 1; k < all.size(); ++k) {
      const double step = all[k] - all[k - 1];
      if (step > 0 && step < kClose * std::abs(all[k]) && std::isfinite(all[all.size() / 2])) {
        table.columns[i].origin = all[all.size() / 2];
      }
    }
  }
}

class Builder {
 public:
  Builder(const ForeignTable& table, const ColumnPlaces& places, const data::TableSchema& schema)
      : table_(table), places_(places), schema_(schema) {}

  std::pair<model::FeatureLayout, model::Classifier> operator()(const ForeignLinear& linear) const {
    auto layout = model::lay_out_features(schema_, true);
    model::LinearModel out = linear_model(table_, places_, layout, linear.weights, linear.bias);
    out.softmax = linear.softmax;
    return {std::move(layout), std::move(out)};
  }

  std::pair<model::FeatureLayout, model::Classifier> operator()(const ForeignTrees& trees) const {
    auto layout = model::lay_out_features(schema_, false);
    model::TreeEnsemble out;
    out.margins_are_probabilities = trees.margins_are_probabilities;
    for (const double base : trees.base) out.base.push_back(static_cast<float>(base));
    std::size_t left = kMostNodes;
    const BlockPlaces blocks = places_of(layout);
    const ForeignTree constant{.nodes = {ForeignTree::Node{}}};
    for (const ForeignTree* one : in_turns(trees, constant)) {
      out.trees.push_back(tree_on_layout(table_, places_, blocks, *one, trees.comparison, left));
      left -= std::min(left, out.trees.back().nodes.size());
    }
    return {std::move(layout), std::move(out)};
  }

 private:
  const ForeignTable& table_;
  const ColumnPlaces& places_;
  const data::TableSchema& schema_;
};

}  // namespace

std::vector<std::string> numbered_classes(std::size_t count) {
  std::vector<std::string> out;
  for (std::size_t k = 0; k < count; ++k) out.push_back(std::to_string(k));
  return out;
}

ImportedModel imported(ForeignTable table, ForeignModel model, const ImportOptions& options,
                       const std::string& where) {
  ImportedModel out;
  data::TableSchema& schema = out.card.schema;
  try {
    if (table.columns.size() > kMostColumns) throw std::invalid_argument("it has too many columns");
    auto* trees = std::get_if<ForeignTrees>(&model.predictor);
    set_origins(table, trees);
    ColumnPlaces places;
    schema.columns = schema_columns(table, places);
    schema.target = target_of(model, options);
    if (std::ranges::contains(schema.columns, schema.target.key, &data::Column::key)) {
      throw Error(ErrorKind::usage, "the target '" + shown(options.target) + "' is also a column",
                  "--target", "choose another name for the target");
    }
    if (trees != nullptr && model.classes.size() == 2 && trees->base.size() == 2) {
      subtract_first_margin(*trees);
    }
    if (trees == nullptr) {
      // What is missing to a linear model has no answer.
      for (const ForeignFeature& feature : table.features) {
        if (table.columns[feature.column].category || !std::isnan(feature.of_missing(false)))
          continue;
        schema.columns[places.columns[feature.column]].optional = false;
      }
    }
    ImportedTableModel made;
    std::tie(made.layout, made.classifier) =
        std::visit(Builder(table, places, schema), model.predictor);
    out.content = std::move(made);
  } catch (const std::invalid_argument& problem) {
    throw Error(ErrorKind::bad_input, std::string("the model can't be imported: ") + problem.what(),
                where, "fit and save it again, or export it to ONNX with its own library");
  }
  out.card.algorithm = model.algorithm;
  // The libraries answer the first of two equally probable classes.
  out.card.threshold = std::nextafter(0.5F, 1.0F);
  out.card.training = {{"imported_from", model.from}};
  out.notes = model.notes;
  return out;
}

}  // namespace vitrine::interop
