#include "interop/lightgbm/lightgbm.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <stdexcept>

#include "base/error.h"
#include "base/text.h"

namespace vitrine::interop {
namespace {

constexpr const char* kHint = "save it again by booster.save_model('model.txt')";
constexpr std::size_t kMostClasses = 10'000;

// Bits of a node's decision_type.
constexpr int kCategorical = 1, kDefaultLeft = 2, kMissingShift = 2;
enum class Missing { none, zero, nan };

/// Objectives whose margin is the number.
constexpr std::string_view kIdentities[] = {"regression", "regression_l1", "huber",
                                            "fair",       "quantile",      "mape",
                                            "lambdarank", "rank_xendcg"};
/// Those whose margin is its logarithm.
constexpr std::string_view kLogarithms[] = {"poisson", "gamma", "tweedie"};

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

template <typename T>
T number_of(std::string_view text) {
  T out{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::invalid_argument("'" + shown(std::string(text), 30) + "' is no number");
  }
  return out;
}

/// The lines `key=value` of a section, which ends at an empty line.
using Section = std::map<std::string_view, std::string_view, std::less<>>;

class TextReader {
 public:
  TextReader(std::string_view text, std::size_t most_rounds, const std::string& where)
      : text_(text), where_(where), most_rounds_(most_rounds) {}

  LightGbmModel read() {
    const Section header = section();
    for (const std::string_view name : words_of(value(header, "feature_names"))) {
      out_.feature_names.emplace_back(name);
    }
    if (out_.feature_names.empty() ||
        out_.feature_names.size() != number_of<std::size_t>(value(header, "max_feature_idx")) + 1) {
      throw std::invalid_argument("feature_names");
    }
    const auto margins = number_of<std::size_t>(value(header, "num_tree_per_iteration"));
    if (margins == 0 || margins > kMostClasses) {
      throw std::invalid_argument("num_tree_per_iteration");
    }
    out_.trees.comparison = Comparison::less_or_equal_in_double;
    out_.trees.base.assign(margins, 0);
    const double factor = read_objective(header, margins);
    while (true) {
      const Section tree = section();
      if (tree.contains("end of trees")) break;
      if (!tree.contains("Tree")) throw std::invalid_argument("it ends too early");
      const std::size_t place = out_.trees.trees.size();
      if (place / margins >= most_rounds_) break;
      out_.trees.trees.push_back({tree_of(tree), place % margins});
    }
    if (out_.trees.trees.size() % margins != 0 || out_.trees.trees.empty()) {
      throw std::invalid_argument("the number of trees");
    }
    scale_leaves(factor, header.contains("average_output"));
    return std::move(out_);
  }

 private:
  [[noreturn]] void refuse(const std::string& what, const std::string& hint) const {
    throw Error(ErrorKind::bad_input,
                "the LightGBM model has " + what + ", which import does not read", where_, hint);
  }

  Section section() {
    Section out;
    while (!text_.empty()) {
      const std::size_t end = std::min(text_.find('\n'), text_.size());
      const std::string_view line = text_.substr(0, end);
      text_.remove_prefix(std::min(end + 1, text_.size()));
      if (trimmed(line).empty()) {
        if (out.empty()) continue;
        break;
      }
      const std::size_t equals = std::min(line.find('='), line.size());
      out[trimmed(line.substr(0, equals))] =
          equals < line.size() ? trimmed(line.substr(equals + 1)) : std::string_view();
    }
    return out;
  }

  static std::string_view value(const Section& section, const char* key) {
    const auto found = section.find(key);
    if (found == section.end()) throw std::invalid_argument(std::string("there is no ") + key);
    return found->second;
  }

  template <typename T>
  static std::vector<T> numbers(const Section& section, const char* key, std::size_t count) {
    std::vector<T> out;
    for (const std::string_view word : words_of(value(section, key))) {
      out.push_back(number_of<T>(word));
    }
    if (out.size() != count) throw std::invalid_argument(std::string("the length of ") + key);
    return out;
  }

  /// Returns the factor of margins.
  double read_objective(const Section& header, std::size_t margins) {
    const auto found = header.find("objective");
    const auto words = words_of(found != header.end() ? found->second : std::string_view());
    const std::string_view name = words.empty() ? "custom" : words.front();
    double factor = 1;
    for (const std::string_view word : words) {
      if (word.starts_with("sigmoid:")) factor = number_of<double>(word.substr(8));
      if (word == "sqrt") refuse("the objective 'regression' with reg_sqrt", "fit it without");
    }
    if (name == "multiclass") {
      out_.classes = margins;
    } else if (name != "binary") {
      out_.classes = 0;
      const bool logarithm = std::ranges::contains(kLogarithms, name);
      if (logarithm) out_.number.link = data::Link::log;
      if (!logarithm && !std::ranges::contains(kIdentities, name)) {
        refuse("the objective '" + shown(std::string(name), 40) + "'",
               "fit it with another objective, or export it to ONNX with onnxmltools");
      }
    }
    if (name != "multiclass" && margins != 1) throw std::invalid_argument("num_tree_per_iteration");
    return factor;
  }

  ForeignTree tree_of(const Section& section) const {
    const auto leaves = number_of<std::size_t>(value(section, "num_leaves"));
    if (leaves == 0) throw std::invalid_argument("num_leaves");
    const auto is_linear = section.find("is_linear");
    if (is_linear != section.end() && is_linear->second != "0") {
      refuse("linear trees", "fit it without linear_tree");
    }
    const auto outputs = numbers<double>(section, "leaf_value", leaves);
    ForeignTree out;
    const std::size_t inner = leaves - 1;
    // Inner nodes first, then leaves; LightGBM writes leaf i as the child -1 - i.
    const auto place = [&](std::int64_t child) {
      if (child < -static_cast<std::int64_t>(leaves)) throw std::invalid_argument("a child");
      return child >= 0 ? child : static_cast<std::int64_t>(inner) - 1 - child;
    };
    if (inner > 0) {
      const auto features = numbers<std::int64_t>(section, "split_feature", inner);
      const auto thresholds = numbers<double>(section, "threshold", inner);
      const auto decisions = numbers<int>(section, "decision_type", inner);
      const auto lefts = numbers<std::int64_t>(section, "left_child", inner);
      const auto rights = numbers<std::int64_t>(section, "right_child", inner);
      const auto counts = numbers<double>(section, "internal_count", inner);
      for (std::size_t i = 0; i < inner; ++i) {
        if (features[i] < 0) throw std::invalid_argument("split_feature");
        if ((decisions[i] & kCategorical) != 0) {
          refuse("categorical splits", "encode categories with OneHotEncoder and fit again");
        }
        const auto missing = static_cast<Missing>((decisions[i] >> kMissingShift) & 3);
        if (missing == Missing::zero)
          refuse("zeros as missing values", "fit it without zero_as_missing");
        out.nodes.push_back({.feature = features[i],
                             .threshold = thresholds[i],
                             .left = place(lefts[i]),
                             .right = place(rights[i]),
                             // Where training saw none, a missing number is 0.
                             .missing_left = missing == Missing::nan
                                                 ? (decisions[i] & kDefaultLeft) != 0
                                                 : 0 <= thresholds[i],
                             .cover = counts[i]});
      }
    }
    const auto counts =
        inner > 0 ? numbers<double>(section, "leaf_count", leaves) : std::vector<double>(1, 1);
    for (std::size_t i = 0; i < leaves; ++i) {
      out.nodes.push_back({.cover = counts[i], .value = outputs[i]});
    }
    return out;
  }

  /// With `average` the margins are means (boosting type rf).
  void scale_leaves(double factor, bool average) {
    const double rounds = static_cast<double>(out_.trees.trees.size() / out_.trees.base.size());
    if (average) factor /= rounds;
    if (factor == 1) return;
    for (ForeignTrees::Tree& one : out_.trees.trees) {
      for (ForeignTree::Node& node : one.tree.nodes) node.value *= factor;
    }
  }

  std::string_view text_;
  std::string where_;
  std::size_t most_rounds_;
  LightGbmModel out_;
};

}  // namespace

bool is_lightgbm_text(std::string_view bytes) {
  return bytes.starts_with("tree\nversion=") || bytes.starts_with("tree\r\nversion=");
}

LightGbmModel read_lightgbm(std::string_view text, std::size_t most_rounds,
                            const std::string& where) {
  try {
    return TextReader(text, most_rounds, where).read();
  } catch (const std::invalid_argument& problem) {
    throw Error(ErrorKind::bad_input,
                std::string("the LightGBM model is broken: ") + problem.what(), where, kHint);
  }
}

ImportedModel import_lightgbm(std::string_view bytes, const ImportOptions& options,
                              const std::string& where) {
  LightGbmModel read = read_lightgbm(bytes, std::numeric_limits<std::size_t>::max(), where);
  ForeignModel model{.classes = numbered_classes(read.classes),
                     .number = read.number,
                     .predictor = std::move(read.trees),
                     .algorithm = "trees",
                     .from = "LightGBM"};
  return imported(columns_of_numbers(read.feature_names), std::move(model), options, where);
}

}  // namespace vitrine::interop
