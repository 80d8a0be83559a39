#include "interop/sklearn/tree_models.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.h"

namespace vitrine::interop {
namespace {

using Kind = PickleValue::Kind;

class TreeReader {
 public:
  TreeReader(const PickleValue& object, std::size_t features, const ObjectReader& reader)
      : object_(object), features_(features), reader_(reader) {}

  ForeignModel read() {
    out_.classes = reader_.names(reader_.attribute(object_, "classes_"), "classes_");
    if (out_.classes.size() < 2) {
      reader_.fail("the " + ObjectReader::class_of(object_) + " knows fewer than two classes",
                   "fit it on one target column with two classes or more");
    }
    trees_.comparison = Comparison::less_or_equal;
    const std::string name = ObjectReader::class_of(object_);
    if (name == "GradientBoostingClassifier") {
      read_boosting();
    } else {
      trees_.margins_are_probabilities = true;
      trees_.base.assign(margins(), 0);
      if (name == "DecisionTreeClassifier" || name == "ExtraTreeClassifier") {
        out_.algorithm = "tree";
        add_voting(object_, 1);
      } else {
        out_.algorithm = "forest";
        const PickleValue& all = reader_.attribute(object_, "estimators_");
        for (const PickleValue* one : all.items) add_voting(*one, all.items.size());
      }
    }
    if (trees_.trees.empty()) reader_.contradicts("there are no trees");
    out_.predictor = std::move(trees_);
    return std::move(out_);
  }

 private:
  std::size_t margins() const { return out_.classes.size() == 2 ? 1 : out_.classes.size(); }

  /// A tree and its leaves' values, which have `outputs` numbers a node.
  struct Parts {
    ForeignTree tree;
    std::vector<double> values;
    std::size_t outputs = 1;
  };

  Parts parts_of(const PickleValue& estimator) const {
    if (estimator.kind != Kind::object) reader_.contradicts("an estimator is no tree");
    const PickleValue& tree = reader_.attribute(estimator, "tree_");
    const PickleValue& nodes = reader_.attribute(tree, "nodes");
    const PickleValue& values = reader_.attribute(tree, "values");
    if (nodes.kind != Kind::array || nodes.shape.size() != 2 || values.kind != Kind::array ||
        values.shape.size() != 3 || values.shape[0] != nodes.shape[0] || values.shape[1] != 1 ||
        values.shape[2] == 0 || values.numbers.size() != values.shape[0] * values.shape[2]) {
      reader_.fail("a tree has a form that is not supported",
                   "fit the model on one target column, and save it with pickle or joblib");
    }
    std::map<std::string, std::size_t> place;
    for (std::size_t i = 0; i < nodes.texts.size(); ++i) place[nodes.texts[i]] = i;
    for (const char* field :
         {"left_child", "right_child", "feature", "threshold", "weighted_n_node_samples"}) {
      if (!place.contains(field)) reader_.contradicts(std::string("nodes have no ") + field);
    }
    const std::size_t fields = nodes.shape[1];
    Parts out{.values = values.numbers, .outputs = values.shape[2]};
    for (std::size_t i = 0; i < nodes.shape[0]; ++i) {
      const auto at = [&](const char* field) {
        return nodes.numbers[i * fields + place.at(field)];
      };
      ForeignTree::Node& node = out.tree.nodes.emplace_back();
      node.cover = at("weighted_n_node_samples");
      node.left = static_cast<std::int64_t>(at("left_child"));
      if (node.left < 0) continue;
      node.right = static_cast<std::int64_t>(at("right_child"));
      node.feature = static_cast<std::int64_t>(at("feature"));
      node.threshold = at("threshold");
      // Before 1.3 missing numbers were refused.
      node.missing_left = place.contains("missing_go_to_left") && at("missing_go_to_left") != 0;
      if (node.feature < 0 || static_cast<std::size_t>(node.feature) >= features_) {
        reader_.contradicts("a tree compares feature " + std::to_string(node.feature) + " of " +
                            std::to_string(features_));
      }
    }
    return out;
  }

  /// A tree whose leaves have the shares of the classes (or their weights, before 1.3). It counts
  /// as one of `voters`.
  void add_voting(const PickleValue& estimator, std::size_t voters) {
    const Parts parts = parts_of(estimator);
    const std::size_t classes = out_.classes.size();
    if (parts.outputs != classes) reader_.contradicts("a tree has another number of classes");
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
    if (loss != "deviance" && loss != "log_loss") {
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
    trees_.base.assign(margins(), 0);
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
    if (first->kind != Kind::object || first->text != "sklearn.DummyClassifier") {
      reader_.fail("the GradientBoostingClassifier begins with a model of its own (init)",
                   "fit it without init");
    }
    const std::string strategy = reader_.text(*first, "strategy");
    if (!strategy.empty() && strategy != "prior") {
      reader_.fail("the GradientBoostingClassifier begins with a model of its own (init)",
                   "fit it without init");
    }
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

  const PickleValue& object_;
  std::size_t features_;
  const ObjectReader& reader_;
  ForeignModel out_;
  ForeignTrees trees_;
};

}  // namespace

bool is_tree_classifier(const PickleValue& object) {
  constexpr std::string_view kClasses[] = {
      "sklearn.DecisionTreeClassifier", "sklearn.ExtraTreeClassifier",
      "sklearn.RandomForestClassifier", "sklearn.ExtraTreesClassifier",
      "sklearn.GradientBoostingClassifier"};
  return std::ranges::contains(kClasses, object.text);
}

ForeignModel read_tree_classifier(const PickleValue& object, std::size_t features,
                                  const ObjectReader& reader) {
  return TreeReader(object, features, reader).read();
}

}  // namespace vitrine::interop
