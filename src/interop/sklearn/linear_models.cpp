#include "interop/sklearn/linear_models.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace vitrine::interop {
namespace {

using Kind = PickleValue::Kind;

struct Version {
  int major = 0;
  int minor = 0;
  bool before(int other_major, int other_minor) const {
    return std::pair(major, minor) < std::pair(other_major, other_minor);
  }
};

class LinearReader {
 public:
  LinearReader(const PickleValue& object, std::size_t features, const ImportOptions& options,
               const ObjectReader& reader)
      : object_(object), features_(features), options_(options), reader_(reader) {}

  ForeignModel read_regressor() {
    out_.algorithm = "linear";
    out_.number.link = link();
    read_weights(1);
    out_.predictor = std::move(linear_);
    return std::move(out_);
  }

  ForeignModel read_classifier() {
    const std::string name = ObjectReader::class_of(object_);
    out_.algorithm = "logistic";
    out_.classes = reader_.names(reader_.attribute(object_, "classes_"), "classes_");
    if (out_.classes.size() < 2) reader_.contradicts("there are fewer than two classes");
    if (name.ends_with("NB")) {
      read_naive_bayes();
    } else if (name == "SVC") {
      read_support_vectors();
    } else {
      read_weights(out_.classes.size() == 2 ? 1 : out_.classes.size());
      choose_link();
    }
    out_.predictor = std::move(linear_);
    return std::move(out_);
  }

 private:
  /// Adds the rows of an array of rows x features to the weights.
  void add_rows(const PickleValue& array, std::size_t rows) {
    for (std::size_t row = 0; row < rows; ++row) {
      const auto first = array.numbers.begin() + static_cast<std::ptrdiff_t>(row * features_);
      linear_.weights.emplace_back(first, first + static_cast<std::ptrdiff_t>(features_));
    }
  }

  /// MultinomialNB and ComplementNB: the weights are logarithms of probabilities.
  void read_naive_bayes() {
    const PickleValue& logs = reader_.attribute(object_, "feature_log_prob_");
    const std::size_t classes = out_.classes.size();
    auto priors = std::vector<double>(classes, 0);
    if (object_.text == "sklearn.MultinomialNB") {
      priors = reader_.numbers(reader_.attribute(object_, "class_log_prior_"), "class_log_prior_");
    }
    if (logs.shape != std::vector<std::size_t>{classes, features_} ||
        logs.numbers.size() != classes * features_ || priors.size() != classes) {
      reader_.contradicts("feature_log_prob_");
    }
    linear_.softmax = classes > 2;
    linear_.bias = std::move(priors);
    add_rows(logs, classes);
    if (classes > 2) return;
    for (std::size_t i = 0; i < features_; ++i) linear_.weights[1][i] -= linear_.weights[0][i];
    linear_.weights.erase(linear_.weights.begin());
    linear_.bias = {linear_.bias[1] - linear_.bias[0]};
  }

  /// SVC of two classes with a linear kernel: the decision value is linear.
  void read_support_vectors() {
    if (reader_.text(object_, "kernel") != "linear" || out_.classes.size() != 2) {
      reader_.fail(
          "the SVC has more than two classes or a kernel that is not linear, which import "
          "does not read",
          "export the model to ONNX with skl2onnx");
    }
    // They are the result of an iteration that stops up to 0.005 from Platt's logistic function.
    if (reader_.boolean(object_, "probability", false)) {
      reader_.fail("the SVC gives probabilities, which import does not read",
                   "fit it with probability=False, or export the model to ONNX with skl2onnx");
    }
    const PickleValue& vectors = reader_.attribute(object_, "support_vectors_");
    if (vectors.kind != Kind::array) {
      reader_.fail("the SVC was fitted on a sparse matrix, which import does not read",
                   "fit it on a dense one (sparse=False, sparse_output=False)");
    }
    const auto factors = reader_.numbers(reader_.attribute(object_, "dual_coef_"), "dual_coef_");
    const auto bias = reader_.numbers(reader_.attribute(object_, "intercept_"), "intercept_");
    if (bias.size() != 1 || vectors.numbers.size() != factors.size() * features_ ||
        vectors.shape != std::vector<std::size_t>{factors.size(), features_}) {
      reader_.contradicts("the support vectors");
    }
    std::vector<double> weights(features_, 0);
    for (std::size_t v = 0; v < factors.size(); ++v) {
      for (std::size_t i = 0; i < features_; ++i) {
        weights[i] += factors[v] * vectors.numbers[v * features_ + i];
      }
    }
    linear_.weights = {std::move(weights)};
    linear_.bias = {bias[0]};
    say_without_probabilities();
  }

  void say_without_probabilities() {
    out_.notes.push_back("the " + ObjectReader::class_of(object_) +
                         " gives no probabilities: those of the imported model are a logistic "
                         "function of its decision values, and only the labels are the library's");
  }

  /// How a linear predictor becomes a number.
  data::Link link() const {
    const std::string name = ObjectReader::class_of(object_);
    if (name == "PoissonRegressor" || name == "GammaRegressor") return data::Link::log;
    if (name != "TweedieRegressor") return data::Link::identity;
    const std::string said = reader_.text(object_, "link");
    if (said == "identity") return data::Link::identity;
    if (said == "log") return data::Link::log;
    return reader_.attribute(object_, "power").as_number() <= 0 ? data::Link::identity
                                                                : data::Link::log;
  }

  void read_weights(std::size_t rows) {
    const PickleValue& coefficients = reader_.attribute(object_, "coef_");
    const bool flat = rows == 1 && coefficients.shape == std::vector<std::size_t>{features_};
    const bool table = coefficients.shape == std::vector<std::size_t>{rows, features_};
    if (coefficients.kind != Kind::array || (!flat && !table) ||
        coefficients.numbers.size() != rows * features_) {
      const bool several = out_.classes.empty() && coefficients.shape.size() == 2;
      reader_.fail(
          "coef_ is not an array of " + std::to_string(rows) + " x " + std::to_string(features_),
          several ? "fit one model for each target"
                  : "pass the transformers and the model of one pipeline (not sparsified)");
    }
    add_rows(coefficients, rows);
    const PickleValue& intercept = reader_.attribute(object_, "intercept_");
    linear_.bias = intercept.is_number() ? std::vector<double>(rows, intercept.as_number())
                                         : reader_.numbers(intercept, "intercept_");
    if (linear_.bias.size() == 1) linear_.bias.resize(rows, linear_.bias[0]);
    if (linear_.bias.size() != rows) reader_.contradicts("coef_ and intercept_ differ in length");
  }

  Version version() const {
    const std::string text =
        options_.as_version.value_or(reader_.text(object_, "_sklearn_version"));
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

  /// How margins become probabilities: sigmoid (one versus rest) or softmax (multinomial), by the
  /// rule of the version (predict_proba in scikit-learn's sklearn/linear_model/_logistic.py).
  void choose_link() {
    if (object_.text == "sklearn.SGDClassifier") {
      const std::string loss = reader_.text(object_, "loss");
      if (loss == "log" || loss == "log_loss") return;
      if (loss == "modified_huber") {
        reader_.fail(
            "the SGDClassifier was fitted with the loss 'modified_huber', whose "
            "probabilities are not supported",
            "fit it with loss='log_loss'");
      }
    }
    if (!object_.text.starts_with("sklearn.LogisticRegression")) {
      linear_.softmax = out_.classes.size() > 2;
      return say_without_probabilities();
    }
    const Version by = version();
    const std::string multi = reader_.text(object_, "multi_class");
    const std::string solver = reader_.text(object_, "solver");
    const bool two = out_.classes.size() == 2;
    if (!std::set<std::string>{"", "auto", "deprecated", "ovr", "warn", "multinomial"}.contains(
            multi)) {
      reader_.contradicts("multi_class is '" + shown(multi) + "'");
    }
    const bool stated = object_.find("multi_class") != nullptr;
    const bool one_by_one = solver == "liblinear" ||
                            (solver == "newton-cholesky" && !by.before(1, 2) && by.before(1, 6));
    const bool knows_deprecated = !by.before(1, 5);
    bool ovr =
        multi == "ovr" || multi == "warn" ||
        ((multi == "auto" || (multi == "deprecated" && knows_deprecated)) && (two || one_by_one));
    if (!stated) ovr = two || one_by_one;
    if (!ovr && two) {  // softmax of [-z, z] is the sigmoid of 2 z
      for (double& weight : linear_.weights[0]) weight *= 2;
      for (double& bias : linear_.bias) bias *= 2;
    }
    linear_.softmax = !ovr && !two;
    if (multi == "deprecated" && !options_.as_version && two) {
      out_.notes.push_back(
          "scikit-learn " + reader_.text(object_, "_sklearn_version") +
          " saved this model, and the import reproduces its predictions; versions before 1.5 load "
          "it too, but double the margin (use --scikit-learn 1.3 for their predictions)");
    }
  }

  const PickleValue& object_;
  std::size_t features_;
  const ImportOptions& options_;
  const ObjectReader& reader_;
  ForeignModel out_;
  ForeignLinear linear_;
};

}  // namespace

namespace {

constexpr std::string_view kClassifiers[] = {"sklearn.LogisticRegression",
                                             "sklearn.LogisticRegressionCV",
                                             "sklearn.SGDClassifier",
                                             "sklearn.LinearSVC",
                                             "sklearn.RidgeClassifier",
                                             "sklearn.RidgeClassifierCV",
                                             "sklearn.Perceptron",
                                             "sklearn.PassiveAggressiveClassifier",
                                             "sklearn.SVC",
                                             "sklearn.MultinomialNB",
                                             "sklearn.ComplementNB"};

constexpr std::string_view kRegressors[] = {"sklearn.LinearRegression",
                                            "sklearn.Ridge",
                                            "sklearn.RidgeCV",
                                            "sklearn.Lasso",
                                            "sklearn.LassoCV",
                                            "sklearn.ElasticNet",
                                            "sklearn.ElasticNetCV",
                                            "sklearn.Lars",
                                            "sklearn.LarsCV",
                                            "sklearn.LassoLars",
                                            "sklearn.LassoLarsCV",
                                            "sklearn.LassoLarsIC",
                                            "sklearn.OrthogonalMatchingPursuit",
                                            "sklearn.OrthogonalMatchingPursuitCV",
                                            "sklearn.BayesianRidge",
                                            "sklearn.ARDRegression",
                                            "sklearn.HuberRegressor",
                                            "sklearn.TheilSenRegressor",
                                            "sklearn.QuantileRegressor",
                                            "sklearn.SGDRegressor",
                                            "sklearn.PassiveAggressiveRegressor",
                                            "sklearn.LinearSVR",
                                            "sklearn.PoissonRegressor",
                                            "sklearn.GammaRegressor",
                                            "sklearn.TweedieRegressor"};

}  // namespace

bool is_linear_model(const PickleValue& object) {
  return std::ranges::contains(kClassifiers, object.text) ||
         std::ranges::contains(kRegressors, object.text);
}

ForeignModel read_linear_model(const PickleValue& object, std::size_t features,
                               const ImportOptions& options, const ObjectReader& reader) {
  LinearReader linear(object, features, options, reader);
  return std::ranges::contains(kClassifiers, object.text) ? linear.read_classifier()
                                                          : linear.read_regressor();
}

}  // namespace vitrine::interop
