#include "interop/sklearn/sklearn.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/text.h"
#include "data/table/value.h"
#include "interop/foreign_model.h"
#include "interop/lightgbm/lightgbm.h"
#include "interop/sklearn/features.h"
#include "interop/sklearn/linear_models.h"
#include "interop/sklearn/transformers.h"
#include "interop/sklearn/tree_models.h"
#include "interop/xgboost/booster.h"

namespace vitrine::interop {
namespace {

using Kind = PickleValue::Kind;

constexpr const char* kHelp =
    "import reads DictVectorizer, ColumnTransformer, encoders, imputers and scalers, and behind "
    "them linear models, decision trees, forests, gradient boosting, XGBoost and LightGBM; export "
    "others to ONNX with skl2onnx";

/// The parts of a model, in the order of the computation.
struct Parts {
  const PickleValue* vectorizer = nullptr;
  std::vector<const PickleValue*> transformers;  ///< of a table, or behind the vectorizer
  const PickleValue* predictor = nullptr;
  std::vector<const PickleValue*> label_encoders;
  const PickleValue* named = nullptr;  ///< around the predictor, and knows its columns' names
};

bool is_xgboost(const PickleValue& object) {
  constexpr std::string_view kClasses[] = {"Booster",      "XGBClassifier",  "XGBRFClassifier",
                                           "XGBRegressor", "XGBRFRegressor", "XGBRanker"};
  return object.text.starts_with("xgboost.") &&
         std::ranges::contains(kClasses, ObjectReader::class_of(object));
}

bool is_lightgbm(const PickleValue& object) {
  constexpr std::string_view kClasses[] = {"Booster", "LGBMClassifier", "LGBMRegressor",
                                           "LGBMRanker"};
  return object.text.starts_with("lightgbm.") &&
         std::ranges::contains(kClasses, ObjectReader::class_of(object));
}

/// The attribute that has the model, of objects that only choose or wrap it; null for others.
const char* wrapped_model(const PickleValue& object) {
  constexpr std::pair<std::string_view, const char*> kWrappers[] = {
      {"sklearn.GridSearchCV", "best_estimator_"},
      {"sklearn.RandomizedSearchCV", "best_estimator_"},
      {"sklearn.HalvingGridSearchCV", "best_estimator_"},
      {"sklearn.HalvingRandomSearchCV", "best_estimator_"},
      {"sklearn.RANSACRegressor", "estimator_"},
      {"sklearn.FrozenEstimator", "estimator"},
  };
  for (const auto& [name, attribute] : kWrappers) {
    if (object.text == name) return attribute;
  }
  return nullptr;
}

/// Walks containers without recursion; visits each value once, so cycles end.
class Finder {
 public:
  explicit Finder(const ObjectReader& reader) : reader_(reader) {}

  void search(const PickleValue& root) {
    std::vector<const PickleValue*> waiting{&root};
    while (!waiting.empty()) {
      const PickleValue* value = waiting.back();
      waiting.pop_back();
      if (!seen_.insert(value).second) continue;
      std::vector<const PickleValue*> inside;
      if (value->kind == Kind::tuple || value->kind == Kind::list) inside = value->items;
      if (value->kind == Kind::dictionary) {
        for (const auto& pair : value->pairs) inside.push_back(pair.second);
      }
      if (value->kind == Kind::object) inside = take(*value);
      waiting.insert(waiting.end(), inside.rbegin(), inside.rend());
    }
  }

  /// Transformers beside a model that is a Pipeline with its own are not part of it.
  const Parts& parts() const {
    const auto inside = [&](const PickleValue* one) { return in_pipelines_.contains(one); };
    const auto count = std::ranges::count_if(parts_.transformers, inside);
    if (count > 0 && static_cast<std::size_t>(count) < parts_.transformers.size()) {
      reader_.fail("there are transformers in a Pipeline and beside it", "save the Pipeline alone");
    }
    return parts_;
  }

 private:
  void take_once(const PickleValue*& place, const PickleValue& object, const char* what) {
    if (place != nullptr) {
      reader_.fail(std::string("there are two ") + what, "pass the files of one model");
    }
    place = &object;
  }

  /// Stores the object if it is a part of the model; returns the steps of a Pipeline.
  std::vector<const PickleValue*> take(const PickleValue& object) {
    const std::string& name = object.text;
    if (name == "sklearn.Pipeline") {
      const PickleValue* steps = object.find("steps");
      if (steps == nullptr || steps->kind != Kind::list) {
        reader_.contradicts("a Pipeline has no steps");
      }
      for (const PickleValue* step : steps->items) {
        in_pipelines_.insert(step->items.begin(), step->items.end());
      }
      return steps->items;
    }
    if (const char* attribute = wrapped_model(object)) {
      const PickleValue* model = object.find(attribute);
      if (model == nullptr || model->kind != Kind::object) {
        reader_.fail("the " + ObjectReader::class_of(object) + " has no fitted model",
                     "fit it, with refit=True, before it is saved");
      }
      if (parts_.named == nullptr && object.find("feature_names_in_") != nullptr) {
        parts_.named = &object;
      }
      return {model};
    }
    if (name == "sklearn.Bunch") {
      std::vector<const PickleValue*> values;
      for (const auto& pair : object.pairs) values.push_back(pair.second);
      return values;
    }
    if (name == "sklearn.LabelEncoder") {
      parts_.label_encoders.push_back(&object);
    } else if (name == "sklearn.DictVectorizer") {
      take_once(parts_.vectorizer, object, "DictVectorizers");
    } else if (is_transformer(object)) {
      parts_.transformers.push_back(&object);
    } else if (is_linear_model(object) || is_tree_model(object) || is_xgboost(object) ||
               is_lightgbm(object)) {
      take_once(parts_.predictor, object, "models");
    } else if (name.starts_with("sklearn.") || name.starts_with("xgboost.") ||
               name.starts_with("lightgbm.")) {
      reader_.fail(
          "the model contains " + ObjectReader::class_of(object) + ", which import does not read",
          kHelp);
    }
    return {};
  }

  const ObjectReader& reader_;
  std::set<const PickleValue*> seen_;
  std::set<const PickleValue*> in_pipelines_;
  Parts parts_;
};

/// The bytes of a Booster inside `object`, or the object itself.
const PickleValue& booster_of(const PickleValue& object, const ObjectReader& reader) {
  const PickleValue& booster =
      object.text == "xgboost.Booster" ? object : reader.attribute(object, "_Booster");
  return reader.attribute(booster, "handle");
}

/// Classifiers have classes, and the libraries' other classes do not; a Booster may.
void require_objective(const std::string& name, std::size_t classes, const ObjectReader& reader) {
  if (name == "Booster" || name.ends_with("Classifier") == (classes > 0)) return;
  reader.fail("the objective of the " + name + " is not one of its kind",
              "fit it with its default objective");
}

/// `booster` receives what it says of its features.
ForeignModel read_xgboost(const PickleValue& object, const ObjectReader& reader, Booster& booster) {
  const PickleValue& handle = booster_of(object, reader);
  if (!is_booster(handle.text)) {
    reader.fail("the XGBoost model is in the binary format of old versions",
                "load it with XGBoost and save it by booster.save_model('model.json')");
  }
  const std::string name = ObjectReader::class_of(object);
  if (const PickleValue* missing = object.find("missing");
      missing != nullptr && missing->is_number() && !std::isnan(missing->as_number())) {
    reader.fail("the model takes the number " + data::number_text(missing->as_number()) +
                    " for a missing value (missing=...), which import does not read",
                "fit it with missing=numpy.nan, on data where that number is replaced");
  }
  booster = read_booster(handle.text, reader.where(),
                         name == "Booster" ? BoosterUse::booster : BoosterUse::sklearn);
  ForeignModel out{
      .number = booster.number, .predictor = std::move(booster.trees), .algorithm = "trees"};
  out.from = "XGBoost " + booster.version + " (" + name + ")";
  require_objective(name, booster.classes, reader);
  if (booster.classes == 0) return out;
  const PickleValue* encoder = object.find("_le");
  const PickleValue* classes =
      encoder != nullptr && encoder->kind == Kind::object ? encoder->find("classes_") : nullptr;
  if (classes == nullptr) classes = object.find("classes_");
  if (classes != nullptr && classes->kind == Kind::array) {
    out.classes = reader.names(*classes, "classes_");
    if (out.classes.size() != booster.classes) reader.contradicts("the classes of the booster");
  } else {
    out.classes = numbered_classes(booster.classes);
  }
  return out;
}

/// `columns` receives the names of its features.
ForeignModel read_lightgbm_object(const PickleValue& object, const ObjectReader& reader,
                                  std::vector<std::string>& columns) {
  const std::string name = ObjectReader::class_of(object);
  const PickleValue& booster = name == "Booster" ? object : reader.attribute(object, "_Booster");
  const PickleValue* text = booster.find("_handle");
  if (text == nullptr) text = &reader.attribute(booster, "handle");  // before 4.0
  // After early stopping the trees up to the best iteration count, also those of a Booster.
  const PickleValue* best = booster.find("best_iteration");
  const bool stopped = best != nullptr && best->kind == Kind::integer && best->integer > 0;
  LightGbmModel read = read_lightgbm(
      text->text,
      stopped ? static_cast<std::size_t>(best->integer) : std::numeric_limits<std::size_t>::max(),
      reader.where());
  columns = read.feature_names;
  ForeignModel out{.number = read.number,
                   .predictor = std::move(read.trees),
                   .algorithm = "trees",
                   .from = "LightGBM (" + name + ")"};
  require_objective(name, read.classes, reader);
  if (name == "LGBMClassifier") {
    out.classes = reader.names(reader.attribute(object, "_classes"), "_classes");
    if (out.classes.size() != read.classes) reader.contradicts("the classes of the booster");
  } else {
    out.classes = numbered_classes(read.classes);
  }
  return out;
}

/// The names of classes that a target's LabelEncoder turned into 0, 1, ...: of the only encoder, if
/// it has as many classes as the model. Others encode columns, whose codes are then sent.
void name_classes(ForeignModel& model, const Parts& parts, const ObjectReader& reader) {
  if (parts.label_encoders.empty()) return;
  const std::size_t classes = model.classes.size();
  if (parts.label_encoders.size() == 1 && classes > 0 &&
      model.classes == numbered_classes(classes)) {
    auto names =
        reader.names(reader.attribute(*parts.label_encoders.front(), "classes_"), "classes_");
    if (names.size() == classes) {
      model.classes = std::move(names);
      return;
    }
  }
  model.notes.push_back(
      "the file has " + counted(parts.label_encoders.size(), "LabelEncoder") +
      ", which import does not apply: send the codes of these columns as numbers");
}

}  // namespace

ImportedModel import_sklearn(const std::vector<std::unique_ptr<Pickle>>& pickles,
                             const ImportOptions& options) {
  std::string where;
  for (const auto& pickle : pickles) where += (where.empty() ? "" : ", ") + pickle->where();
  const ObjectReader reader(where);
  Finder finder(reader);
  for (const auto& pickle : pickles) {
    for (const PickleValue* root : pickle->roots()) finder.search(*root);
  }
  const Parts& parts = finder.parts();
  if (parts.predictor == nullptr) reader.fail("there is no model", kHelp);
  const PickleValue& object = *parts.predictor;
  const bool xgboost = is_xgboost(object);
  Booster booster;
  ForeignModel model;
  std::vector<std::string> lightgbm_columns;
  if (xgboost) model = read_xgboost(object, reader, booster);
  if (is_lightgbm(object)) model = read_lightgbm_object(object, reader, lightgbm_columns);
  ForeignTable table;
  if (parts.vectorizer != nullptr) {
    const bool sparse = reader.boolean(*parts.vectorizer, "sparse", true);
    table = vectorizer_features(*parts.vectorizer, xgboost && sparse, reader);
    for (const PickleValue* one : parts.transformers) {
      if (!is_scaler(*one)) {
        reader.fail("a " + ObjectReader::class_of(*one) +
                        " stands behind a DictVectorizer, which import does not read",
                    kHelp);
      }
      add_scaler(*one, table.features, reader);
    }
  } else if (!parts.transformers.empty()) {
    table = transformed_features(parts.transformers, reader);
    if (xgboost && gives_sparse_matrix(parts.transformers, reader)) {
      for (ForeignFeature& feature : table.features) feature.zero_is_missing = true;
    }
  } else if (xgboost) {
    table = booster_columns(booster, where);
  } else if (!lightgbm_columns.empty()) {
    table = columns_of_numbers(lightgbm_columns);
  } else {
    table = named_features(parts.named != nullptr ? *parts.named : object, reader);
  }
  const std::size_t features = table.features.size();
  if (is_linear_model(object)) {
    model = read_linear_model(object, features, options, reader);
  } else if (is_tree_model(object)) {
    model = read_tree_model(object, features, reader);
  }
  if (model.from.empty()) {
    model.from = "scikit-learn " + reader.text(object, "_sklearn_version") + " (" +
                 ObjectReader::class_of(object) + ")";
  }
  name_classes(model, parts, reader);
  return imported(std::move(table), std::move(model), options, where);
}

}  // namespace vitrine::interop
