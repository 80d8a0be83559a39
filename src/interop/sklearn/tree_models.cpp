#include "interop/sklearn/tree_models.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.h"

namespace vitrine::interop {
namespace {

using Kind = PickleValue::Kind;

constexpr std::string_view kFamilies[] = {
    "DecisionTree",         "ExtraTree", "RandomForest", "ExtraTrees", "GradientBoosting",
    "HistGradientBoosting", "Bagging"};

}  // namespace

bool is_tree_model(const PickleValue& object) {
  return std::ranges::any_of(kFamilies, [&](std::string_view family) {
    const std::string name = "sklearn." + std::string(family);
    return object.text == name + "Classifier" || object.text == name + "Regressor";
  });
}

namespace {

/// An array of records.
class Records {
 public:
  Records(const PickleValue& array, const ObjectReader& reader) : array_(array), reader_(reader) {
    if (array.kind != Kind::array || array.shape.size() != 2 ||
        array.texts.size() != array.shape[1] ||
        array.numbers.size() != array.shape[0] * array.shape[1]) {
      reader.fail("a tree has a form that is not supported",
                  "fit the model on one target column, and save it with pickle or joblib");
    }
    for (std::size_t i = 0; i < array.texts.size(); ++i) places_[array.texts[i]] = i;
    if (places_.size() != array.texts.size()) reader.contradicts("two fields have one name");
  }

  std::size_t size() const { return array_.shape[0]; }
  bool has(const char* field) const { return places_.contains(field); }
  double at(std::size_t record, const char* field) const {
    const auto place = places_.find(field);
    if (place == places_.end()) reader_.contradicts(std::string("nodes have no ") + field);
    return array_.numbers[record * places_.size() + place->second];
  }
  std::int64_t integer(std::size_t record, const char* field) const {
    const double number = at(record, field);
    if (!(std::abs(number) < 0x1p53)) reader_.contradicts(std::string("a node's ") + field);
    return static_cast<std::int64_t>(number);
  }

 private:
  const PickleValue& array_;
  const ObjectReader& reader_;
  std::map<std::string, std::size_t, std::less<>> places_;
};

class TreeReader {
 public:
  TreeReader(const PickleValue& object, std::size_t features, const ObjectReader& reader)
      : object_(object), features_(features), reader_(reader) {}

  ForeignModel read() {
    const std::string name = ObjectReader::class_of(object_);
    if (name.ends_with("Classifier")) {
      out_.classes = reader_.names(reader_.attribute(object_, "classes_"), "classes_");
      if (out_.classes.size() < 2) {
        reader_.fail("the " + name + " knows fewer than two classes",
                     "fit it on one target column with two classes or more");
      }
    }
    trees_.comparison = Comparison::less_or_equal;
    trees_.base.assign(margins(), 0);
    if (name.starts_with("GradientBoosting")) {
      read_boosting();
    } else if (name.starts_with("HistGradientBoosting")) {
      read_histogram_boosting();
    } else {
      trees_.margins_are_probabilities = !out_.classes.empty();
      if (name.starts_with("DecisionTree") || name == "ExtraTreeClassifier" ||
          name == "ExtraTreeRegressor") {
        out_.algorithm = "tree";
        add_voter(object_, 1, nullptr);
      } else {
        out_.algorithm = "forest";
        read_forest();
      }
    }
    if (trees_.trees.empty()) reader_.contradicts("there are no trees");
    out_.predictor = std::move(trees_);
    return std::move(out_);
  }

 private:
  std::size_t margins() const { return out_.classes.size() <= 2 ? 1 : out_.classes.size(); }

  /// Random forests, extremely randomised trees, and bags of trees, which may have columns each.
  void read_forest() {
    const PickleValue& all = reader_.attribute(object_, "estimators_");
    const PickleValue* features = object_.find("estimators_features_");
    if (features != nullptr && features->items.size() != all.items.size()) {
      reader_.contradicts("estimators_features_");
    }
    for (std::size_t i = 0; i < all.items.size(); ++i) {
      add_voter(*all.items[i], all.items.size(),
                features != nullptr ? features->items[i] : nullptr);
    }
    // The mean is divided once, not in each leaf.
    if (out_.classes.empty()) out_.number.scale = 1 / static_cast<double>(all.items.size());
  }

  /// A tree and its leaves' values, which have `outputs` numbers a node.
  struct Parts {
    ForeignTree tree;
    std::vector<double> values;
    std::size_t outputs = 1;
  };

  Parts parts_of(const PickleValue& estimator) const {
    if (estimator.kind != Kind::object) reader_.contradicts("an estimator is no tree");
    const PickleValue& tree = reader_.attribute(estimator, "tree_");
    const Records nodes(reader_.attribute(tree, "nodes"), reader_);
    const PickleValue& values = reader_.attribute(tree, "values");
    if (values.kind != Kind::array || values.shape.size() != 3 || values.shape[0] != nodes.size() ||
        values.shape[1] != 1 || values.shape[2] == 0 ||
        values.numbers.size() != values.shape[0] * values.shape[2]) {
      reader_.fail("a tree has a form that is not supported",
                   "fit the model on one target column, and save it with pickle or joblib");
    }
    Parts out{.values = values.numbers, .outputs = values.shape[2]};
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      ForeignTree::Node& node = out.tree.nodes.emplace_back();
      node.cover = nodes.at(i, "weighted_n_node_samples");
      node.left = nodes.integer(i, "left_child");
      if (node.left < 0) continue;
      node.right = nodes.integer(i, "right_child");
      node.feature = nodes.integer(i, "feature");
      node.threshold = nodes.at(i, "threshold");
      // Before 1.3 missing numbers were refused.
      node.missing_left = nodes.has("missing_go_to_left") && nodes.at(i, "missing_go_to_left") != 0;
      check_feature(node);
    }
    return out;
  }

  /// Replaces the features of a tree, which are places in `features`.
  void rename(ForeignTree& tree, const PickleValue& features) const {
    const auto places = reader_.numbers(features, "estimators_features_");
    for (ForeignTree::Node& node : tree.nodes) {
      if (node.feature < 0) continue;
      const auto at = static_cast<std::size_t>(node.feature);
      if (at >= places.size() || !(places[at] >= 0) ||
          places[at] >= static_cast<double>(features_)) {
        reader_.contradicts("estimators_features_");
      }
      node.feature = static_cast<std::int64_t>(places[at]);
    }
  }

  /// A tree whose leaves have the shares of the classes (or their weights, before 1.3), or a
  /// number. It counts as one of `voters`; `features` are its columns, null for all of them.
  void add_voter(const PickleValue& estimator, std::size_t voters, const PickleValue* features) {
    if (!is_tree_model(estimator) || estimator.find("tree_") == nullptr) {
      reader_.fail("the " + ObjectReader::class_of(object_) + " consists of " +
                       ObjectReader::class_of(estimator) + ", which import does not read there",
                   "import reads those of decision trees; export others to ONNX with skl2onnx");
    }
    Parts parts = parts_of(estimator);
    if (features != nullptr) rename(parts.tree, *features);
    const std::size_t classes = out_.classes.size();
    if (parts.outputs != std::max<std::size_t>(1, classes)) {
      reader_.contradicts("a tree has another number of classes or numbers");
    }
    if (classes == 0) {
      for (std::size_t n = 0; n < parts.tree.nodes.size(); ++n) {
        parts.tree.nodes[n].value = parts.values[n];
      }
      trees_.trees.push_back({std::move(parts.tree), 0});
      return;
    }
    for (std::size_t k = 0; k < margins(); ++k) {
      const std::size_t of = classes == 2 ? 1 : k;
      ForeignTrees::Tree& added = trees_.trees.emplace_back(parts.tree, k);
      for (std::size_t n = 0; n < added.tree.nodes.size(); ++n) {
        const auto first = parts.values.begin() + static_cast<std::ptrdiff_t>(n * classes);
        double sum = 0;
        for (std::size_t c = 0; c < classes; ++c) sum += *(first + static_cast<std::ptrdiff_t>(c));
        const double share = sum > 0 ? *(first + static_cast<std::ptrdiff_t>(of)) / sum : 0;
        added.tree.nodes[n].value = share / static_cast<double>(voters);
      }
    }
  }

  /// The margins begin at the logarithms of the classes' shares in training.
  void read_boosting() {
    out_.algorithm = "trees";
    const std::string loss = reader_.text(object_, "loss");
    if (!out_.classes.empty() && loss != "deviance" && loss != "log_loss") {
      reader_.fail("the GradientBoostingClassifier has the loss '" + shown(loss) +
                       "', which is not supported",
                   "fit it with loss='log_loss'");
    }
    const double rate = reader_.attribute(object_, "learning_rate").as_number();
    const PickleValue& all = reader_.attribute(object_, "estimators_");
    if (all.shape.size() != 2 || all.shape[1] != margins() ||
        all.items.size() != all.shape[0] * all.shape[1]) {
      reader_.contradicts("estimators_ has another number of classes");
    }
    read_first_margins();
    for (std::size_t i = 0; i < all.items.size(); ++i) {
      const Parts parts = parts_of(*all.items[i]);
      if (parts.outputs != 1) reader_.contradicts("a tree has more than one output");
      ForeignTrees::Tree& added = trees_.trees.emplace_back(parts.tree, i % margins());
      for (std::size_t n = 0; n < added.tree.nodes.size(); ++n) {
        added.tree.nodes[n].value = rate * parts.values[n];
      }
    }
  }

  void read_first_margins() {
    const PickleValue* first = object_.find("init_");
    const bool zero = reader_.text(object_, "init") == "zero";
    if (first == nullptr || zero || first->text == "zero") return;
    const auto refuse = [&] {
      reader_.fail(
          "the " + ObjectReader::class_of(object_) + " begins with a model of its own (init)",
          "fit it without init");
    };
    if (out_.classes.empty()) {
      const char* attribute = first->text == "sklearn.DummyRegressor"      ? "constant_"
                              : first->text == "sklearn.MeanEstimator"     ? "mean"
                              : first->text == "sklearn.QuantileEstimator" ? "quantile"
                                                                           : nullptr;
      if (attribute == nullptr) refuse();
      const PickleValue& value = reader_.attribute(*first, attribute);
      const auto numbers = value.is_number() ? std::vector<double>{value.as_number()}
                                             : reader_.numbers(value, attribute);
      if (numbers.size() != 1) refuse();
      trees_.base[0] = numbers[0];
      return;
    }
    if (first->kind != Kind::object || first->text != "sklearn.DummyClassifier") refuse();
    const std::string strategy = reader_.text(*first, "strategy");
    if (!strategy.empty() && strategy != "prior") refuse();
    const auto shares = reader_.numbers(reader_.attribute(*first, "class_prior_"), "class_prior_");
    if (shares.size() != out_.classes.size()) reader_.contradicts("class_prior_");
    static constexpr double kLeast = 1.1920929e-07;  // the epsilon of float, as scikit-learn
    const auto bounded = [](double p) { return std::clamp(p, kLeast, 1 - kLeast); };
    if (shares.size() == 2) {
      const double p = bounded(shares[1]);
      trees_.base[0] = std::log(p / (1 - p));
    } else {
      for (std::size_t k = 0; k < shares.size(); ++k) trees_.base[k] = std::log(bounded(shares[k]));
    }
  }

  /// Its trees compare numbers as doubles, and their leaves have the learning rate in them.
  void read_histogram_boosting() {
    out_.algorithm = "trees";
    trees_.comparison = Comparison::less_or_equal_in_double;
    const PickleValue* prepared = object_.find("_preprocessor");
    const PickleValue* categorical = object_.find("is_categorical_");
    if ((prepared != nullptr && prepared->kind != Kind::none) ||
        (categorical != nullptr && categorical->kind != Kind::none)) {
      reader_.fail("the " + ObjectReader::class_of(object_) +
                       " has categorical features, which import does not read",
                   "encode them with OneHotEncoder and fit again, or export the model to ONNX");
    }
    const std::string loss = reader_.text(object_, "loss");
    if (loss == "poisson" || loss == "gamma") out_.number.link = data::Link::log;
    const PickleValue& first = reader_.attribute(object_, "_baseline_prediction");
    trees_.base = first.is_number() ? std::vector<double>{first.as_number()}
                                    : reader_.numbers(first, "_baseline_prediction");
    if (trees_.base.size() != margins()) reader_.contradicts("_baseline_prediction");
    for (const PickleValue* round : reader_.attribute(object_, "_predictors").items) {
      if (round->items.size() != margins()) reader_.contradicts("_predictors");
      for (std::size_t k = 0; k < margins(); ++k) {
        trees_.trees.push_back({histogram_tree(*round->items[k]), k});
      }
    }
  }

  ForeignTree histogram_tree(const PickleValue& predictor) const {
    const Records nodes(reader_.attribute(predictor, "nodes"), reader_);
    ForeignTree tree;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      ForeignTree::Node& node = tree.nodes.emplace_back();
      node.cover = nodes.at(i, "count");
      if (nodes.at(i, "is_leaf") != 0) {
        node.value = nodes.at(i, "value");
        continue;
      }
      if (nodes.has("is_categorical") && nodes.at(i, "is_categorical") != 0) {
        reader_.contradicts("a node of categories without categories");
      }
      node.left = nodes.integer(i, "left");
      node.right = nodes.integer(i, "right");
      node.feature = nodes.integer(i, "feature_idx");
      node.threshold = nodes.at(i, nodes.has("num_threshold") ? "num_threshold" : "threshold");
      node.missing_left = nodes.at(i, "missing_go_to_left") != 0;
      check_feature(node);
    }
    return tree;
  }

  void check_feature(const ForeignTree::Node& node) const {
    if (node.feature >= 0 && static_cast<std::size_t>(node.feature) < features_) return;
    reader_.contradicts("a tree compares feature " + std::to_string(node.feature) + " of " +
                        std::to_string(features_));
  }

  const PickleValue& object_;
  std::size_t features_;
  const ObjectReader& reader_;
  ForeignModel out_;
  ForeignTrees trees_;
};

}  // namespace

ForeignModel read_tree_model(const PickleValue& object, std::size_t features,
                             const ObjectReader& reader) {
  return TreeReader(object, features, reader).read();
}

}  // namespace vitrine::interop
