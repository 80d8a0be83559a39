#include "interop/sklearn/sklearn.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "data/table/value.h"

namespace vitrine::interop {
namespace {

using Kind = PickleValue::Kind;

/// The parts of a model, in the order of the computation.
struct Parts {
  const PickleValue* vectorizer = nullptr;
  std::vector<const PickleValue*> scalers;
  const PickleValue* classifier = nullptr;
};

/// Finds the parts, reads them, folds the scalers into the weights and builds the model.
class Importer {
 public:
  Importer(const std::vector<std::unique_ptr<Pickle>>& pickles, const ImportOptions& options)
      : options_(options) {
    for (const auto& pickle : pickles) {
      where_ += (where_.empty() ? "" : ", ") + pickle->where();
      for (const PickleValue* root : pickle->roots()) search(*root);
    }
    if (parts_.vectorizer == nullptr || parts_.classifier == nullptr) {
      fail(parts_.vectorizer == nullptr ? "there is no DictVectorizer" : "there is no classifier",
           "pass all files of the model: a DictVectorizer and a LogisticRegression (or "
           "SGDClassifier), together or in two files");
    }
  }

  ImportedModel import() {
    read_features();
    read_weights();
    for (const PickleValue* scaler : parts_.scalers) read_scaler(*scaler);
    return finish();
  }

 private:
  [[noreturn]] void fail(const std::string& what, const std::string& hint) const {
    throw Error(ErrorKind::bad_input, what, where_, hint);
  }
  [[noreturn]] void broken(const std::string& what) const {
    fail("the model contradicts itself: " + what, "fit and pickle it again");
  }

  /// Walks containers without recursion; visits each value once, so cycles end.
  void search(const PickleValue& root) {
    std::vector<const PickleValue*> waiting{&root};
    std::set<const PickleValue*> seen;
    while (!waiting.empty()) {
      const PickleValue* value = waiting.back();
      waiting.pop_back();
      if (!seen.insert(value).second) continue;
      std::vector<const PickleValue*> inside;
      if (value->kind == Kind::tuple || value->kind == Kind::list) inside = value->items;
      if (value->kind == Kind::dictionary) {
        for (const auto& pair : value->pairs) inside.push_back(pair.second);
      }
      if (value->kind == Kind::object) inside = take(*value);
      waiting.insert(waiting.end(), inside.rbegin(), inside.rend());
    }
  }

  /// Stores the object if it is a part of the model; returns the steps of a Pipeline.
  std::vector<const PickleValue*> take(const PickleValue& object) {
    const std::string& name = object.text;
    if (name == "sklearn.Pipeline") {
      const PickleValue* steps = object.find("steps");
      if (steps == nullptr || steps->kind != Kind::list) broken("a Pipeline has no steps");
      return steps->items;
    }
    if (name == "sklearn.DictVectorizer") {
      if (parts_.vectorizer != nullptr)
        fail("there are two DictVectorizers", "pass the files of one model");
      parts_.vectorizer = &object;
    } else if (name.ends_with("Scaler")) {
      parts_.scalers.push_back(&object);
    } else if (name.starts_with("sklearn.")) {
      if (parts_.classifier != nullptr)
        fail("there are two classifiers", "pass the files of one model");
      parts_.classifier = &object;
    }
    return {};
  }

  const PickleValue& attribute(const PickleValue& object, const char* name) const {
    const PickleValue* value = object.find(name);
    if (value == nullptr) {
      fail("the " + object.text.substr(object.text.find('.') + 1) + " has no '" + name + "'",
           "pickle the model after fitting it");
    }
    return *value;
  }

  std::string text_attribute(const PickleValue& object, const char* name) const {
    const PickleValue* value = object.find(name);
    if (value != nullptr && !data::is_utf8(value->text))
      broken(std::string(name) + " is not UTF-8");
    return value == nullptr ? "" : value->text;
  }

  // --- features

  /// A feature `contract=two_year` is a category of the column contract; `tenure` is a number.
  void read_features() {
    const std::string separator = text_attribute(*parts_.vectorizer, "separator");
    if (separator.empty()) broken("the DictVectorizer has no separator");
    const std::string type = text_attribute(*parts_.vectorizer, "dtype");
    if (type == "type.int" || type == "type.int64") {
      fail("the DictVectorizer truncates numbers to integers (dtype)",
           "fit it with its default dtype, float64");
    }
    const PickleValue& vocabulary = attribute(*parts_.vectorizer, "vocabulary_");
    if (vocabulary.kind != Kind::dictionary || vocabulary.pairs.empty())
      broken("the vocabulary is empty");
    std::set<std::int64_t> places;
    const auto count = static_cast<std::int64_t>(vocabulary.pairs.size());
    for (const auto& [name, place] : vocabulary.pairs) {
      if ((name->kind != Kind::text && name->kind != Kind::bytes) || place->kind != Kind::integer) {
        broken("the vocabulary does not map names to indices");
      }
      if (place->integer < 0 || place->integer >= count || !places.insert(place->integer).second) {
        broken("the indices of the vocabulary are not 0 to " + std::to_string(count - 1));
      }
      if (!data::is_utf8(name->text)) broken("a feature's name is not UTF-8");
      add_feature(name->text, separator, static_cast<std::size_t>(place->integer));
    }
    features_ = vocabulary.pairs.size();
  }

  void add_feature(const std::string& name, const std::string& separator, std::size_t place) {
    const std::size_t cut = name.find(separator);
    const std::string column_name = cut == std::string::npos ? name : name.substr(0, cut);
    const std::string key = data::normalised(column_name);
    if (key.empty()) broken("a feature has no name");
    auto& [spelling, categories, number] = columns_[key];
    if (!spelling.empty() && spelling != column_name) {
      fail("two columns are called '" + shown(spelling) + "' and '" + shown(column_name) + "'",
           "Vitrine ignores case in column names; rename one and fit again");
    }
    spelling = column_name;
    if (cut == std::string::npos) {
      number = place;
    } else {
      const std::string value = name.substr(cut + separator.size());
      const auto same = [&](const auto& one) { return trimmed(one.first) == trimmed(value); };
      if (std::ranges::any_of(categories, same)) {
        fail("column '" + shown(column_name) +
                 "' has two values that differ only in blanks at their ends ('" + shown(value) +
                 "')",
             "Vitrine ignores such blanks; remove them and fit again");
      }
      categories.emplace(value, place);
    }
    if (number && !categories.empty()) {
      fail("column '" + shown(column_name) + "' holds both numbers and text",
           "make it one of them and fit again");
    }
  }

  // --- weights

  struct Version {
    int major = 0;
    int minor = 0;
    bool before(int other_major, int other_minor) const {
      return std::pair(major, minor) < std::pair(other_major, other_minor);
    }
  };

  Version version() const {
    const std::string text =
        options_.as_version.value_or(text_attribute(*parts_.classifier, "_sklearn_version"));
    Version out;
    char* end = nullptr;
    out.major = static_cast<int>(std::strtol(text.c_str(), &end, 10));
    if (*end == '.') out.minor = static_cast<int>(std::strtol(end + 1, nullptr, 10));
    if (options_.as_version && end == text.c_str()) {
      throw Error(ErrorKind::usage, "'" + shown(text) + "' is not a version", "--scikit-learn",
                  "write it like 1.3");
    }
    return out;
  }

  void read_weights() {
    const PickleValue& coefficients = attribute(*parts_.classifier, "coef_");
    const PickleValue& classes = attribute(*parts_.classifier, "classes_");
    read_classes(classes);
    const std::size_t rows = classes_.size() == 2 ? 1 : classes_.size();
    if (coefficients.kind != Kind::array ||
        coefficients.shape != std::vector<std::size_t>{rows, features_} ||
        coefficients.numbers.size() != rows * features_) {
      fail("coef_ is not an array of " + std::to_string(rows) + " x " + std::to_string(features_),
           "pass the DictVectorizer and the classifier of one model (not sparsified)");
    }
    for (std::size_t row = 0; row < rows; ++row) {
      const auto first =
          coefficients.numbers.begin() + static_cast<std::ptrdiff_t>(row * features_);
      weights_.emplace_back(first, first + static_cast<std::ptrdiff_t>(features_));
    }
    const PickleValue& intercept = attribute(*parts_.classifier, "intercept_");
    bias_ = intercept.is_number() ? std::vector<double>(rows, intercept.as_number())
                                  : intercept.numbers;
    if (bias_.size() != rows) broken("coef_ and intercept_ differ in length");
    for (const auto& row : weights_) check_finite(row);
    check_finite(bias_);
    choose_link();
  }

  void check_finite(const std::vector<double>& values) const {
    if (!std::ranges::all_of(values,
                             [](double x) { return std::isfinite(static_cast<float>(x)); })) {
      broken("a weight is not a finite number");
    }
  }

  void read_classes(const PickleValue& classes) {
    if (classes.kind != Kind::array || classes.shape.size() != 1) broken("classes_ is not a list");
    for (const double number : classes.numbers) {
      classes_.push_back(classes.flag ? (number != 0 ? "True" : "False")
                                      : data::number_text(number));
    }
    for (const std::string& text : classes.texts) classes_.push_back(text);
    for (const PickleValue* item : classes.items) {
      if (item->kind != Kind::text && item->kind != Kind::bytes && !item->is_number())
        broken("a class is not text");
      classes_.push_back(item->is_number() ? data::number_text(item->as_number()) : item->text);
    }
    if (classes_.size() < 2) broken("there are fewer than two classes");
    std::set<std::string> different;
    for (const std::string& name : classes_) {
      if (!data::is_utf8(name) || !different.insert(std::string(trimmed(name))).second)
        broken("the class names are not distinct UTF-8 texts");
    }
  }

  /// Chooses how margins become probabilities: sigmoid (one versus rest) or softmax (multinomial),
  /// by the rule of the scikit-learn version that saved the model (predict_proba in its
  /// sklearn/linear_model/_logistic.py).
  void choose_link() {
    const std::string& name = parts_.classifier->text;
    if (name == "sklearn.SGDClassifier") {
      const std::string loss = text_attribute(*parts_.classifier, "loss");
      if (loss != "log" && loss != "log_loss") {
        fail("the SGDClassifier was fitted with the loss '" + shown(loss) +
                 "', whose probabilities are not supported",
             "fit it with loss='log_loss'");
      }
      return;
    }
    const Version by = version();
    const std::string multi = text_attribute(*parts_.classifier, "multi_class");
    const std::string solver = text_attribute(*parts_.classifier, "solver");
    const bool two = classes_.size() == 2;
    if (!std::set<std::string>{"", "auto", "deprecated", "ovr", "warn", "multinomial"}.contains(
            multi)) {
      broken("multi_class is '" + shown(multi) + "'");
    }
    const bool stated = parts_.classifier->find("multi_class") != nullptr;
    const bool one_by_one = solver == "liblinear" ||
                            (solver == "newton-cholesky" && !by.before(1, 2) && by.before(1, 6));
    const bool knows_deprecated = !by.before(1, 5);
    bool ovr =
        multi == "ovr" || multi == "warn" ||
        ((multi == "auto" || (multi == "deprecated" && knows_deprecated)) && (two || one_by_one));
    if (!stated) ovr = two || one_by_one;
    if (!ovr && two) {  // softmax of [-z, z] is the sigmoid of 2 z
      for (double& weight : weights_[0]) weight *= 2;
      for (double& bias : bias_) bias *= 2;
    }
    softmax_ = !ovr && !two;
    if (multi == "deprecated" && !options_.as_version && two) {
      notes_.push_back(
          "scikit-learn " + text_attribute(*parts_.classifier, "_sklearn_version") +
          " saved this model, and the import reproduces its predictions; versions before 1.5 load "
          "it too, but double the margin (use --scikit-learn 1.3 for their predictions)");
    }
  }

  // --- scalers: they are affine, so they can be folded into weights and bias

  void read_scaler(const PickleValue& scaler) {
    const auto numbers = [&](const char* name, double otherwise) {
      const PickleValue* value = scaler.find(name);
      if (value == nullptr || value->kind == Kind::none)
        return std::vector<double>(features_, otherwise);
      if (value->kind != Kind::array || value->numbers.size() != features_)
        broken("a scaler has another number of features");
      return value->numbers;
    };
    const auto boolean = [&](const char* name, bool otherwise) {
      const PickleValue* value = scaler.find(name);
      return value == nullptr ? otherwise : value->as_number() != 0;
    };
    std::vector<double> factor;
    std::vector<double> shift;  // x -> x * factor + shift
    if (boolean("clip", false))
      fail("a scaler clips its values, which is not supported", "fit it with clip=False");
    if (scaler.text == "sklearn.MinMaxScaler") {
      factor = numbers("scale_", 1);
      shift = numbers("min_", 0);
    } else {
      factor = boolean("with_std", true) ? numbers("scale_", 1) : std::vector<double>(features_, 1);
      shift = scaler.text == "sklearn.StandardScaler" && boolean("with_mean", true)
                  ? numbers("mean_", 0)
                  : std::vector<double>(features_, 0);
      for (std::size_t i = 0; i < features_; ++i) {
        factor[i] = 1 / factor[i];
        shift[i] = -shift[i] * factor[i];
      }
    }
    pending_.emplace_back(std::move(factor), std::move(shift));
  }

  /// The first scaler is applied to the features first, so fold in the last one first.
  void apply_scalers() {
    for (auto it = pending_.rbegin(); it != pending_.rend(); ++it) {
      for (std::size_t row = 0; row < weights_.size(); ++row) {
        for (std::size_t i = 0; i < features_; ++i) {
          bias_[row] += weights_[row][i] * it->second[i];
          weights_[row][i] *= it->first[i];
        }
      }
    }
    for (const auto& row : weights_) check_finite(row);
    check_finite(bias_);
  }

  // --- Vitrine's model

  ImportedModel finish() {
    apply_scalers();
    ImportedModel out;
    data::TableSchema& schema = out.card.schema;
    std::vector<std::size_t> one_hot;  // indices of the weights in scikit-learn's order
    std::vector<std::size_t> numbers;
    for (const auto& [key, parts] : columns_) {
      data::Column column;
      column.name = parts.name;
      column.key = key;
      column.optional = true;
      column.kind = parts.number ? data::ColumnKind::number : data::ColumnKind::category;
      std::vector<data::Category> spellings;
      for (const auto& [spelling, place] : parts.categories) {
        spellings.push_back({.spelling = spelling, .variants = {spelling}});
      }
      column.categories = data::categories_of_spellings(std::move(spellings));
      for (const data::Category& one : column.categories) {
        one_hot.push_back(parts.categories.at(one.spelling));
      }
      if (parts.number) {
        numbers.push_back(*parts.number);
      } else {
        one_hot.push_back(kNoFeature);  // missing
      }
      schema.columns.push_back(std::move(column));
    }
    one_hot.insert(one_hot.end(), numbers.begin(), numbers.end());
    one_hot.insert(one_hot.end(), numbers.size(), kNoFeature);  // missing flags
    schema.target.name = options_.target;
    schema.target.key = data::normalised(options_.target);
    if (columns_.contains(schema.target.key)) {
      throw Error(ErrorKind::usage, "the target '" + shown(options_.target) + "' is also a column",
                  "--target", "choose another name for the target");
    }
    schema.target.classes = data::classes_of_names(classes_);
    out.layout = model::lay_out_features(schema, true);
    model::LinearModel linear;
    linear.softmax = softmax_;
    for (std::size_t row = 0; row < weights_.size(); ++row) {
      auto& weights = linear.weights.emplace_back();
      for (const std::size_t place : one_hot) {
        weights.push_back(place == kNoFeature ? 0 : static_cast<float>(weights_[row][place]));
      }
      linear.bias.push_back(static_cast<float>(bias_[row]));
    }
    linear.imputed.assign(numbers.size(), 0);
    linear.offset.assign(numbers.size(), 0);
    linear.scale.assign(numbers.size(), 1);
    out.classifier = std::move(linear);
    out.card.algorithm = "logistic";
    out.card.training = {
        {"imported_from", "scikit-learn " + text_attribute(*parts_.classifier, "_sklearn_version") +
                              " (" + parts_.classifier->text.substr(8) + ")"}};
    out.notes = notes_;
    return out;
  }

  static constexpr std::size_t kNoFeature = ~std::size_t{0};

  struct ColumnParts {
    std::string name;
    std::map<std::string, std::size_t> categories;  ///< index of the weight by spelling
    std::optional<std::size_t> number;
  };

  const ImportOptions& options_;
  std::string where_;
  Parts parts_;
  std::map<std::string, ColumnParts> columns_;
  std::size_t features_ = 0;
  std::vector<std::vector<double>> weights_;
  std::vector<double> bias_;
  std::vector<std::string> classes_;
  bool softmax_ = false;
  std::vector<std::pair<std::vector<double>, std::vector<double>>> pending_;
  std::vector<std::string> notes_;
};

}  // namespace

ImportedModel import_sklearn(const std::vector<std::unique_ptr<Pickle>>& pickles,
                             const ImportOptions& options) {
  return Importer(pickles, options).import();
}

}  // namespace vitrine::interop
