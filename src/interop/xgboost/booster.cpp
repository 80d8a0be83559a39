#include "interop/xgboost/booster.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "interop/xgboost/ubjson.h"

namespace vitrine::interop {
namespace {

constexpr const char* kHint =
    "save it again by booster.save_model('model.json') with XGBoost 1.0 or later";

/// Objectives whose margin is the number.
constexpr std::string_view kIdentities[] = {
    "reg:squarederror",  "reg:linear",    "reg:squaredlogerror", "reg:pseudohubererror",
    "reg:absoluteerror", "rank:pairwise", "rank:ndcg",           "rank:map",
    "reg:quantileerror"};

class BoosterReader {
 public:
  BoosterReader(std::string_view bytes, const std::string& where, BoosterUse use)
      : where_(where), use_(use) {
    const Json all = parsed(bytes);
    // A pickle has the parameters beside the model.
    const Json& model = all.contains("Model") ? all.at("Model") : all;
    read(model);
  }

  Booster take() { return std::move(out_); }

 private:
  [[noreturn]] void fail(const std::string& what, const std::string& hint = kHint) const {
    throw Error(ErrorKind::bad_input, what, where_, hint);
  }

  Json parsed(std::string_view bytes) const {
    const std::size_t second = bytes.find_first_not_of(" \t\r\n", 1);
    const bool text =
        second != std::string_view::npos && (bytes[second] == '"' || bytes[second] == '}');
    if (text) return Json::parse(bytes);
    if (!is_sound_ubjson(bytes)) fail("the file is no sound UBJSON");
    return Json::from_ubjson(bytes);
  }

  void read(const Json& model) {
    for (const Json& part : model.value("version", Json::array())) {
      out_.version += (out_.version.empty() ? "" : ".") + std::to_string(part.get<int>());
    }
    const Json& learner = model.at("learner");
    const Json& parameters = learner.at("learner_model_param");
    out_.features = number_in(parameters, "num_feature");
    for (const Json& name : learner.value("feature_names", Json::array())) {
      out_.feature_names.push_back(name.get<std::string>());
    }
    for (const Json& type : learner.value("feature_types", Json::array())) {
      if (type == "c")
        fail("the booster has categorical splits, which import does not read",
             "encode categories with OneHotEncoder and fit again without enable_categorical");
    }
    const auto objective = learner.at("objective").at("name").get<std::string>();
    read_link(objective, parameters);
    const Json& booster = learner.at("gradient_booster");
    read_trees(booster, rounds_of(learner));
  }

  static std::size_t number_in(const Json& object, const char* key) {
    const auto text = object.at(key).get<std::string>();  // XGBoost writes parameters as texts
    return std::stoul(text);
  }

  /// The base margins. Newer versions write one score for each class: `[5E-1]`.
  void read_link(const std::string& objective, const Json& parameters) {
    auto text = parameters.at("base_score").get<std::string>();
    std::erase_if(text, [](char c) { return c == '[' || c == ']'; });
    std::vector<double> scores;
    std::istringstream parts(text);
    for (std::string one; std::getline(parts, one, ',');) scores.push_back(std::stod(one));
    if (scores.empty()) fail("the booster has no base score");
    if (objective == "binary:logistic" || objective == "reg:logistic") {
      const double score = scores[0];
      if (!(score > 0 && score < 1)) fail("the base score is no probability");
      out_.trees.base = {std::log(score / (1 - score))};
    } else if (objective == "multi:softprob" || objective == "multi:softmax") {
      out_.classes = number_in(parameters, "num_class");
      if (out_.classes < 2 || out_.classes > 10'000) fail("the number of classes is broken");
      out_.trees.base.assign(out_.classes, scores[0]);
      if (scores.size() == out_.classes) out_.trees.base = scores;
    } else if (objective == "count:poisson" || objective == "reg:gamma" ||
               objective == "reg:tweedie") {
      if (!(scores[0] > 0)) fail("the base score is no positive number");
      out_.classes = 0;
      out_.number.link = data::Link::log;
      out_.trees.base = {std::log(scores[0])};
    } else if (std::ranges::contains(kIdentities, objective)) {
      out_.classes = 0;
      out_.trees.base = {scores[0]};
    } else {
      fail("the booster's objective is '" + shown(objective) + "', which import does not read",
           "export the model to ONNX with onnxmltools");
    }
    if (scores.size() > 1 && scores.size() != out_.trees.base.size()) {
      fail("the booster predicts several numbers", "fit one model for each target");
    }
  }

  /// The number of rounds that count; all of them if nothing stopped the training early.
  std::size_t rounds_of(const Json& learner) const {
    const Json attributes = learner.value("attributes", Json::object());
    // Its scikit-learn classes leave a note in the files that they save.
    const bool sklearn = use_ == BoosterUse::sklearn ||
                         (use_ == BoosterUse::file && attributes.contains("scikit_learn"));
    if (!sklearn || !attributes.contains("best_iteration")) {
      return std::numeric_limits<std::size_t>::max();
    }
    return std::stoul(attributes.at("best_iteration").get<std::string>()) + 1;
  }

  void read_trees(const Json& booster, std::size_t rounds) {
    const auto name = booster.at("name").get<std::string>();
    if (name != "gbtree" && name != "dart") {
      fail("the booster is a '" + shown(name) + "', which import does not read",
           "fit it with booster='gbtree' or 'dart'");
    }
    const bool dart = name == "dart";
    const Json& model = dart ? booster.at("gbtree").at("model") : booster.at("model");
    // The weights of dart: beside the model; from 3.4 on inside, and the booster is a gbtree.
    const Json& holder = dart ? booster : model;
    const Json weights = holder.value("weight_drop", Json::array());
    const Json& trees = model.at("trees");
    const Json& margins = model.at("tree_info");
    const Json& shape = model.at("gbtree_model_param");
    const std::size_t parallel =
        shape.contains("num_parallel_tree") ? number_in(shape, "num_parallel_tree") : 1;
    if (parallel > 1'000'000) fail("the number of parallel trees is broken");
    const std::size_t a_round = std::max<std::size_t>(1, parallel) * out_.trees.base.size();
    for (std::size_t i = 0; i < trees.size() && i / a_round < rounds; ++i) {
      const double weight = weights.empty() ? 1 : weights.at(i).get<double>();
      const auto margin = margins.at(i).get<std::int64_t>();
      if (margin < 0 || static_cast<std::size_t>(margin) >= out_.trees.base.size()) {
        fail("a tree belongs to no class");
      }
      out_.trees.trees.push_back({tree_of(trees.at(i), weight), static_cast<std::size_t>(margin)});
    }
  }

  ForeignTree tree_of(const Json& json, double weight) const {
    const Json& left = json.at("left_children");
    const Json& right = json.at("right_children");
    const Json& features = json.at("split_indices");
    const Json& conditions = json.at("split_conditions");
    const Json& usual = json.at("default_left");
    const Json& covers = json.at("sum_hessian");
    for (const Json& type : json.value("split_type", Json::array())) {
      if (type != 0)
        fail("the booster has categorical splits, which import does not read",
             "encode categories with OneHotEncoder and fit again without enable_categorical");
    }
    const Json shape = json.value("tree_param", Json::object());
    if (shape.contains("size_leaf_vector") && number_in(shape, "size_leaf_vector") > 1) {
      fail(
          "the booster has trees with several outputs (multi_strategy), which import does not read",
          "fit it with multi_strategy='one_output_per_tree', or export it to ONNX");
    }
    ForeignTree out;
    for (std::size_t i = 0; i < left.size(); ++i) {
      ForeignTree::Node& node = out.nodes.emplace_back();
      node.cover = covers.at(i).get<double>();
      node.left = left.at(i).get<std::int64_t>();
      if (node.left < 0) {  // a leaf
        node.value = weight * conditions.at(i).get<double>();
        continue;
      }
      node.right = right.at(i).get<std::int64_t>();
      node.feature = features.at(i).get<std::int64_t>();
      node.threshold = conditions.at(i).get<double>();
      node.missing_left = usual.at(i).is_boolean() ? usual.at(i).get<bool>() : usual.at(i) != 0;
    }
    return out;
  }

  std::string where_;
  BoosterUse use_;
  Booster out_;
};

}  // namespace

bool is_booster(std::string_view bytes) {
  constexpr std::size_t kFirst = 4096;
  if (!bytes.starts_with('{')) return false;
  const std::string_view first = bytes.substr(0, kFirst);
  return first.find("learner") != std::string_view::npos;
}

Booster read_booster(std::string_view bytes, const std::string& where, BoosterUse use) {
  try {
    return BoosterReader(bytes, where, use).take();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& problem) {
    throw Error(ErrorKind::bad_input,
                std::string("the XGBoost model is broken: ") + shown(problem.what(), 200), where,
                kHint);
  }
}

ForeignTable booster_columns(const Booster& booster, const std::string& where) {
  const bool named = !booster.feature_names.empty();
  if (booster.features == 0 || booster.features > kMostColumns ||
      (named && booster.feature_names.size() != booster.features)) {
    throw Error(ErrorKind::bad_input, "the XGBoost model contradicts itself: its features", where,
                kHint);
  }
  std::vector<std::string> names = booster.feature_names;
  for (std::size_t i = 0; !named && i < booster.features; ++i) {
    names.push_back("f" + std::to_string(i));
  }
  return columns_of_numbers(names);
}

ImportedModel import_booster(std::string_view bytes, const ImportOptions& options,
                             const std::string& where) {
  Booster booster = read_booster(bytes, where, BoosterUse::file);
  const ForeignTable table = booster_columns(booster, where);
  ForeignModel model{.classes = numbered_classes(booster.classes),
                     .number = booster.number,
                     .predictor = std::move(booster.trees),
                     .algorithm = "trees",
                     .from = "XGBoost " + booster.version};
  return imported(table, std::move(model), options, where);
}

}  // namespace vitrine::interop
