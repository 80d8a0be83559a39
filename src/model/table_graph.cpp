// The graph in order of computation:
// 1. inputs(): one tensor for each column.
// 2. features(): category text -> lower case -> code (LabelEncoder) -> one-hot; parts of dates
//    (date_graph.h); scores of texts (text_graph.h); numbers with NaN for missing, for linear
//    models imputed, scaled and followed by missing flags.
// 3. linear() or trees(): probabilities of the classes.
// 4. label(): the threshold or the most probable class -> the name of the class.
// table_parameters.cpp reads graphs of exactly this form, and files of older versions must stay
// readable: do not change names, order or attributes of nodes.
#include "model/table_graph.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "data/table/value.h"
#include "model/date_graph.h"
#include "model/text_graph.h"
#include "onnx/graph_builder.h"

namespace vitrine::model {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

using Ints = std::vector<std::int64_t>;

/// A name for a value inside the graph. Keys have no capital letters, so it differs from all
/// inputs.
std::string own(std::string_view what, std::string_view key = "") {
  return "V." + std::string(what) + (key.empty() ? "" : "." + std::string(key));
}

/// Adds every way to write a normalised text with a blank or `_` for each underscore. With more
/// than six underscores, only the text with all blanks and with all underscores.
void add_mixes(const std::string& value, std::set<std::string>& out) {
  constexpr std::size_t kMostGaps = 6;
  std::vector<std::size_t> gaps;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '_') gaps.push_back(i);
  }
  const std::size_t ways = gaps.size() <= kMostGaps ? std::size_t{1} << gaps.size() : 2;
  for (std::size_t way = 0; way < ways; ++way) {
    std::string text = value;
    for (std::size_t i = 0; i < gaps.size(); ++i) {
      const bool blank = gaps.size() <= kMostGaps ? ((way >> i) & 1) != 0 : way == 1;
      if (blank) text[gaps[i]] = ' ';
    }
    out.insert(std::move(text));
  }
}

/// Exact spelling -> code, for columns with categories that differ only in case or blanks; else
/// empty.
std::map<std::string, std::int64_t> exact_lookup(const data::Column& column) {
  std::map<std::string, std::int64_t> table;
  if (std::ranges::none_of(column.categories, &data::Category::exact)) return table;
  for (std::size_t slot = 0; slot < column.categories.size(); ++slot) {
    const data::Category& category = column.categories[slot];
    table.emplace(category.value, static_cast<std::int64_t>(slot));
    for (const std::string& variant : category.variants) {
      table.emplace(variant, static_cast<std::int64_t>(slot));
    }
  }
  return table;
}

/// Lower-cased text -> code, for the lookup table of a category column. The code after the last
/// category means missing.
std::map<std::string, std::int64_t> lookup(const data::Column& column) {
  std::map<std::string, std::int64_t> table;
  // Spellings of the training data take precedence: a generated spelling of one category may be a
  // real spelling of another.
  for (std::size_t slot = 0; slot < column.categories.size(); ++slot) {
    if (column.categories[slot].exact) continue;
    for (const std::string& variant : column.categories[slot].variants) {
      table.emplace(lower_ascii(variant), static_cast<std::int64_t>(slot));
    }
  }
  for (std::size_t slot = 0; slot < column.categories.size(); ++slot) {
    if (column.categories[slot].exact) continue;
    std::set<std::string> texts;
    add_mixes(column.categories[slot].value, texts);
    for (const std::string& text : texts) table.emplace(text, static_cast<std::int64_t>(slot));
  }
  if (column.had_missing()) {
    const auto slot = static_cast<std::int64_t>(column.categories.size());
    for (const char* text : {"", " ", "na", "n/a", "nan", "null", "none", "?"}) {
      table.emplace(text, slot);
    }
    for (const std::string& text : column.missing_spellings) table.emplace(lower_ascii(text), slot);
    for (const std::string& word : column.missing_words) table.emplace(word, slot);
  }
  return table;
}

::onnx::TensorProto::DataType input_type(const data::Column& column) {
  switch (column.kind) {
    case data::ColumnKind::number:
      return column.origin ? ::onnx::TensorProto::DOUBLE : ::onnx::TensorProto::FLOAT;
    case data::ColumnKind::category:
    case data::ColumnKind::date:
    case data::ColumnKind::text:
      return ::onnx::TensorProto::STRING;
  }
  unknown_kind("column kind", column.kind);
}

float as_float(double x) { return static_cast<float>(x); }

bool is_of_floats(const LinearModel& model) {
  const auto fits = [](double x) { return static_cast<double>(as_float(x)) == x; };
  return std::ranges::all_of(model.bias, fits) &&
         std::ranges::all_of(model.weights,
                             [&](const auto& row) { return std::ranges::all_of(row, fits); });
}

class TableGraph {
 public:
  TableGraph(const data::TableSchema& schema, const FeatureLayout& layout,
             ::onnx::GraphProto* graph)
      : schema_(schema), layout_(layout), inputs_(graph_input_names(schema)), graph_(graph) {}

  void inputs() {
    for (std::size_t i = 0; i < schema_.columns.size(); ++i) {
      graph_.input(inputs_[i], input_type(schema_.columns[i]), {"N", "1"});
    }
    graph_.constant(own("flat"), Ints{-1});
  }

  /// [N, features], in the layout's order.
  std::string features(const LinearModel* linear) {
    std::vector<std::string> parts;
    for (const FeatureBlock& block : layout_.blocks) {
      if (block.kind == FeatureBlock::Kind::one_hot) parts.push_back(one_hot(block));
    }
    if (layout_.numbers > 0) add_numbers(linear, parts);
    if (parts.size() == 1) return parts[0];
    return graph_.node("Concat", own("features"), parts).set("axis", std::int64_t{1}).output();
  }

  void classifier(const LinearModel& model) { linear(model, features(&model)); }
  void classifier(const TreeEnsemble& ensemble) { trees(ensemble, features(nullptr)); }

  void linear(const LinearModel& model, const std::string& features) {
    if (!is_of_floats(model)) return linear_in_doubles(model, features);
    const std::size_t classes = schema_.target.classes.size();
    bool normalise = false;
    std::vector<float> coefficients;
    std::vector<float> intercepts;
    const auto all_rows = [&] {
      for (const auto& row : model.weights) {
        std::ranges::transform(row, std::back_inserter(coefficients), as_float);
      }
      std::ranges::transform(model.bias, std::back_inserter(intercepts), as_float);
    };
    switch (schema_.target.task()) {
      case data::TaskKind::binary:
        // With one row of coefficients, ONNX Runtime 1.21 returns raw scores: write both rows.
        for (const double w : model.weights[0]) coefficients.push_back(as_float(-w));
        intercepts = {as_float(-model.bias[0])};
        all_rows();
        break;
      case data::TaskKind::multiclass:
        all_rows();
        normalise = !model.softmax;
        break;
      case data::TaskKind::regression:
        all_rows();
        graph_.node("LinearRegressor", own("margins"), {features}, onnx::kMlDomain)
            .set("coefficients", coefficients)
            .set("intercepts", intercepts)
            .set("post_transform", "NONE")
            .set("targets", static_cast<std::int64_t>(model.bias.size()));
        numbers();
        return;
    }
    graph_
        .node("LinearClassifier", own("classifier"), {features}, onnx::kMlDomain,
              {own("best_class"), normalise ? own("one_against_rest") : "probabilities"})
        .set("classlabels_ints", class_indices(classes))
        .set("coefficients", coefficients)
        .set("intercepts", intercepts)
        .set("multi_class", std::int64_t{0})
        .set("post_transform", model.softmax ? "SOFTMAX" : "LOGISTIC");
    if (normalise) {
      graph_.node("Normalizer", "probabilities", {own("one_against_rest")}, onnx::kMlDomain)
          .set("norm", "L1");
    }
  }

  /// Margins as a product of doubles.
  void linear_in_doubles(const LinearModel& model, const std::string& features) {
    std::vector<double> by_feature;
    for (std::size_t i = 0; i < layout_.size; ++i) {
      for (const auto& row : model.weights) by_feature.push_back(row[i]);
    }
    const auto rows = static_cast<std::int64_t>(model.bias.size());
    graph_.node("Cast", own("doubles"), {features})
        .set("to", std::int64_t{::onnx::TensorProto::DOUBLE});
    graph_.node("MatMul", own("products"),
                {own("doubles"), graph_.constant(own("weights"), by_feature,
                                                 {static_cast<std::int64_t>(layout_.size), rows})});
    graph_.node("Add", own("sums"), {own("products"), graph_.constant(own("bias"), model.bias)});
    std::string sums = own("sums");
    if (model.softmax) {  // before the cast: floats of large margins are too coarse
      graph_.node("ReduceMax", own("largest"), {sums, graph_.constant(own("axis"), Ints{1})});
      sums = graph_.node("Sub", own("below_largest"), {sums, own("largest")}).output();
    }
    graph_.node("Cast", own("margins"), {sums}).set("to", std::int64_t{::onnx::TensorProto::FLOAT});
    of_margins(/*one_against_rest=*/!model.softmax);
  }

  void trees(const TreeEnsemble& ensemble, const std::string& features) {
    Ints tree_ids, node_ids, feature_ids, trues, falses, missing, leaf_trees, leaf_nodes,
        leaf_targets;
    std::vector<float> values, leaves, covers;
    std::vector<std::string> modes;
    bool covered = false;
    std::int64_t id = 0;
    for (std::size_t t = 0, shapes = 1; t < ensemble.trees.size(); t += shapes, ++id) {
      const auto& nodes = ensemble.trees[t].nodes;
      shapes = ensemble.shapes_from(t);
      for (std::size_t n = 0; n < nodes.size(); ++n) {
        const Tree::Node& node = nodes[n];
        const bool leaf = node.feature < 0;
        tree_ids.push_back(id);
        node_ids.push_back(static_cast<std::int64_t>(n));
        feature_ids.push_back(leaf ? 0 : node.feature);
        values.push_back(leaf ? 0 : node.value);
        covers.push_back(node.cover);
        covered = covered || node.cover != 0;
        modes.emplace_back(leaf ? "LEAF" : "BRANCH_LT");
        trues.push_back(leaf ? 0 : node.left);
        falses.push_back(leaf ? 0 : node.right);
        missing.push_back(!leaf && node.missing_left ? 1 : 0);
        if (!leaf) continue;
        for (std::size_t k = 0; k < shapes; ++k) {
          leaf_trees.push_back(id);
          leaf_nodes.push_back(static_cast<std::int64_t>(n));
          leaf_targets.push_back(static_cast<std::int64_t>(ensemble.margin_of(t + k)));
          leaves.push_back(ensemble.trees[t + k].nodes[n].value);
        }
      }
    }
    // Not TreeEnsembleClassifier: with two classes and leaves of one sign, ONNX Runtime 1.21 leaves
    // out the logistic function.
    const std::size_t targets = ensemble.base.size();
    auto node = graph_.node("TreeEnsembleRegressor", own("margins"), {features}, onnx::kMlDomain);
    // For explanations (SHAP); runtimes ignore it.
    if (covered) node.set("nodes_hitrates", covers);
    node.set("aggregate_function", "SUM")
        .set("base_values", ensemble.base)
        .set("n_targets", static_cast<std::int64_t>(targets))
        .set("nodes_falsenodeids", falses)
        .set("nodes_featureids", feature_ids)
        .set("nodes_missing_value_tracks_true", missing)
        .set("nodes_modes", modes)
        .set("nodes_nodeids", node_ids)
        .set("nodes_treeids", tree_ids)
        .set("nodes_truenodeids", trues)
        .set("nodes_values", values)
        .set("post_transform", "NONE")
        .set("target_ids", leaf_targets)
        .set("target_nodeids", leaf_nodes)
        .set("target_treeids", leaf_trees)
        .set("target_weights", leaves);
    if (ensemble.margins_are_probabilities) return averages();
    of_margins(/*one_against_rest=*/false);
  }

  /// The outputs of margins, which are [N, margins].
  void of_margins(bool one_against_rest) {
    switch (schema_.target.task()) {
      case data::TaskKind::binary:
        graph_.node("Sigmoid", own("yes"), {own("margins")});
        graph_.node("Neg", own("against"), {own("margins")});
        graph_.node("Sigmoid", own("no"), {own("against")});
        graph_.node("Concat", "probabilities", {own("no"), own("yes")})
            .set("axis", std::int64_t{1});
        break;
      case data::TaskKind::multiclass:
        if (one_against_rest) {
          graph_.node("Sigmoid", own("one_against_rest"), {own("margins")});
          graph_.node("Normalizer", "probabilities", {own("one_against_rest")}, onnx::kMlDomain)
              .set("norm", "L1");
        } else {
          graph_.node("Softmax", "probabilities", {own("margins")}).set("axis", std::int64_t{1});
        }
        break;
      case data::TaskKind::regression:
        numbers();
        break;
    }
  }

  /// Margins that are probabilities; rounding may have put them beyond 0 and 1.
  void averages() {
    const bool two = schema_.target.task() == data::TaskKind::binary;
    const auto bound = [&](const char* name, float value) {
      return graph_.constant(own(name), std::vector<float>{value}, {});
    };
    graph_.node("Clip", two ? own("yes") : "probabilities",
                {own("margins"), bound("least", 0), bound("most", 1)});
    if (!two) return;
    graph_.node("Sub", own("no"), {own("most"), own("yes")});
    graph_.node("Concat", "probabilities", {own("no"), own("yes")}).set("axis", std::int64_t{1});
  }

  /// data::outputs_of() of the margins.
  void numbers() {
    const data::NumberTarget& target = *schema_.target.number;
    const auto scalar = [&](const char* name, double value) {
      return graph_.constant(own(name), std::vector<float>{static_cast<float>(value)});
    };
    const auto margin = [&](const char* name, std::int64_t place) {
      return graph_
          .node("Gather", own(name),
                {own("margins"), graph_.constant(own(name) + ".at", Ints{place})})
          .set("axis", std::int64_t{1})
          .output();
    };
    if (!target.has_intervals()) {
      scalar("scale", target.scale);
      scalar("offset", target.offset);
      value_of("prediction", own("margins"));
      graph_.output("prediction", ::onnx::TensorProto::FLOAT, {"N", "1"});
      return;
    }
    const std::string middle = margin("margin", 0);
    const auto bound = [&](const char* name, double value) {
      return graph_.constant(own(name), std::vector<float>{static_cast<float>(value)}, {});
    };
    graph_.node("Clip", own("bounded_log_size"),
                {margin("log_size", 1), bound("least_log_size", target.least_log_size),
                 bound("most_log_size", target.most_log_size)});
    graph_.node("Exp", own("size"), {own("bounded_log_size")});
    graph_.node("Mul", own("half"),
                {own("size"), scalar("factor", target.factor_of(data::kDefaultLevel).value_or(0))});
    scalar("scale", target.scale);
    scalar("offset", target.offset);
    value_of("prediction", middle);
    if (target.link == data::Link::log) {
      graph_.node("Mul", own("half_number"),
                  {own("half"), scalar("unit", std::exp(target.offset))});
      graph_.node("Sub", own("least"), {"prediction", own("half_number")});
      graph_.node("Relu", "low", {own("least")});
      graph_.node("Add", "high", {"prediction", own("half_number")});
    } else {
      value_of("low", graph_.node("Sub", own("low"), {middle, own("half")}).output());
      value_of("high", graph_.node("Add", own("high"), {middle, own("half")}).output());
    }
    for (const char* output : data::NumberOutputs::kNames) {
      graph_.output(output, ::onnx::TensorProto::FLOAT, {"N", "1"});
    }
  }

  /// NumberTarget::value_of() as an output of the graph.
  void value_of(const std::string& output, const std::string& margin) {
    const std::string name = "value." + output;
    const data::Link link = schema_.target.number->link;
    const std::string linear = link == data::Link::identity ? output : own(name + ".log");
    graph_.node("Mul", own(name + ".scaled"), {margin, own("scale")});
    graph_.node("Add", linear, {own(name + ".scaled"), own("offset")});
    const auto exponential = [&](const std::string& to) {
      const auto bound = [&](const char* what, float value) {
        return graph_.constant(own(name + what), std::vector<float>{value}, {});
      };
      graph_.node("Clip", own(name + ".clipped"),
                  {linear, bound(".least", -80), bound(".most", 80)});
      return graph_.node("Exp", to, {own(name + ".clipped")}).output();
    };
    switch (link) {
      case data::Link::identity:
        break;
      case data::Link::log:
        exponential(output);
        break;
      case data::Link::log1p:
        graph_.node("Sub", own(name + ".number"),
                    {exponential(own(name + ".exp")),
                     graph_.constant(own(name + ".one"), std::vector<float>{1})});
        graph_.node("Relu", output, {own(name + ".number")});
        break;
    }
  }

  void label(double threshold) {
    if (schema_.target.number) return;
    const std::size_t classes = schema_.target.classes.size();
    const std::string index = answer(threshold);
    graph_.node("Reshape", own("answers"), {index, own("flat")});
    std::vector<std::string> names;
    for (const data::Category& one : schema_.target.classes) names.push_back(one.value);
    graph_.node("LabelEncoder", "label", {own("answers")}, onnx::kMlDomain)
        .set("keys_int64s", class_indices(classes))
        .set("values_strings", names);
    graph_.output("label", ::onnx::TensorProto::STRING, {"N"});
    graph_.output("probabilities", ::onnx::TensorProto::FLOAT, {"N", std::to_string(classes)});
  }

 private:
  /// The index of the predicted class, [N] or [N, 1].
  std::string answer(double threshold) {
    switch (schema_.target.task()) {
      case data::TaskKind::binary:
        graph_
            .node("Gather", own("positive"),
                  {"probabilities", graph_.constant(own("second"), Ints{1})})
            .set("axis", std::int64_t{1});
        graph_.node(
            "GreaterOrEqual", own("reached"),
            {own("positive"),
             graph_.constant(own("threshold"), std::vector<float>{static_cast<float>(threshold)})});
        return graph_.node("Cast", own("answer"), {own("reached")})
            .set("to", std::int64_t{::onnx::TensorProto::INT64})
            .output();
      case data::TaskKind::multiclass:
        return graph_.node("ArgMax", own("answer"), {"probabilities"})
            .set("axis", std::int64_t{1})
            .set("keepdims", std::int64_t{1})
            .output();
      case data::TaskKind::regression:
        break;  // has no classes
    }
    unknown_kind("task", schema_.target.task());
  }

  static Ints class_indices(std::size_t classes) {
    Ints out;
    for (std::size_t k = 0; k < classes; ++k) out.push_back(static_cast<std::int64_t>(k));
    return out;
  }

  void look_up(const std::string& output, const std::string& input,
               const std::map<std::string, std::int64_t>& table) {
    std::vector<std::string> texts;
    Ints slots;
    for (const auto& [text, slot] : table) {
      texts.push_back(text);
      slots.push_back(slot);
    }
    graph_.node("LabelEncoder", output, {input}, onnx::kMlDomain)
        .set("keys_strings", texts)
        .set("values_int64s", slots)
        .set("default_int64", std::int64_t{-1});
  }

  std::string one_hot(const FeatureBlock& block) {
    const data::Column& column = schema_.columns[block.column];
    const std::string& key = column.key;
    graph_.node("Reshape", own("text", key), {inputs_[block.column], own("flat")});
    graph_.node("StringNormalizer", own("lower", key), {own("text", key)})
        .set("case_change_action", "LOWER")
        .set("is_case_sensitive", std::int64_t{1})
        .set("locale", "C");
    const auto exact = exact_lookup(column);
    look_up(own(exact.empty() ? "code" : "loose", key), own("lower", key), lookup(column));
    if (!exact.empty()) {
      look_up(own("exact", key), own("text", key), exact);
      graph_.node("Equal", own("inexact", key),
                  {own("exact", key), graph_.constant(own("unknown", key), Ints{-1})});
      graph_.node("Where", own("code", key),
                  {own("inexact", key), own("loose", key), own("exact", key)});
    }
    graph_.node("OneHotEncoder", own("onehot", key), {own("code", key)}, onnx::kMlDomain)
        .set("cats_int64s", class_indices(block.size))
        .set("zeros", std::int64_t{1});
    const std::string shape =
        graph_.constant(own("shape", key), Ints{-1, static_cast<std::int64_t>(block.size)});
    return graph_.node("Reshape", own("features", key), {own("onehot", key), shape}).output();
  }

  void add_numbers(const LinearModel* linear, std::vector<std::string>& parts) {
    std::vector<std::string> raw;
    Ints flagged;
    for (const FeatureBlock& block : layout_.blocks) {
      if (block.kind == FeatureBlock::Kind::number) raw.push_back(number(block.number));
      if (block.kind == FeatureBlock::Kind::missing_flag)
        flagged.push_back(number_place(block.column));
    }
    std::string numbers = raw[0];
    if (raw.size() > 1) {
      numbers = graph_.node("Concat", own("numbers"), raw).set("axis", std::int64_t{1}).output();
    }
    if (linear == nullptr) {
      parts.push_back(numbers);
      return;
    }
    graph_.node("Imputer", own("imputed"), {numbers}, onnx::kMlDomain)
        .set("imputed_value_floats", linear->imputed)
        .set("replaced_value_float", kNaN);
    parts.push_back(graph_.node("Scaler", own("scaled"), {own("imputed")}, onnx::kMlDomain)
                        .set("offset", linear->offset)
                        .set("scale", linear->scale)
                        .output());
    if (flagged.empty()) return;
    graph_.node("IsNaN", own("unknown"), {numbers});
    graph_.node("Cast", own("unknown_flags"), {own("unknown")})
        .set("to", std::int64_t{::onnx::TensorProto::FLOAT});
    parts.push_back(graph_
                        .node("Gather", own("flags"),
                              {own("unknown_flags"), graph_.constant(own("flagged"), flagged)})
                        .set("axis", std::int64_t{1})
                        .output());
  }

  /// A number feature as a float; NaN is missing.
  std::string number(const data::NumberFeature& feature) {
    if (feature.is_value()) return known_number(feature.column);
    if (feature.output) return text_score(feature.column, *feature.output);
    return DateParts(graph_, schema_.columns[feature.column].key)
        .feature(days(feature.column), *feature.part, feature.origin,
                 *feature.part == data::DatePart::since ? days(feature.since) : "");
  }

  /// The days since 1970 of a date column; its nodes are added at the first use.
  std::string days(std::size_t column) {
    std::string& value = days_[column];
    if (value.empty()) {
      value = DateParts(graph_, schema_.columns[column].key).days(inputs_[column]);
    }
    return value;
  }

  /// An output of a text column's model; its nodes are added at the first use.
  std::string text_score(std::size_t place, std::size_t output) {
    const data::Column& column = schema_.columns[place];
    std::string& scores = scores_[place];
    if (scores.empty()) {
      scores = add_text_model(graph_, column.key, inputs_[place], column.text->model());
    }
    const std::string name = own(numbered("score", output), column.key);
    const std::string at = graph_.constant(name + ".at", Ints{static_cast<std::int64_t>(output)});
    return graph_.node("Gather", name, {scores, at}).set("axis", std::int64_t{1}).output();
  }

  /// The column's input as a float; the number that stands for missing becomes NaN.
  std::string known_number(std::size_t place) {
    const data::Column& column = schema_.columns[place];
    if (column.origin) return distance_from_origin(column, inputs_[place]);
    std::string known = inputs_[place];
    for (std::size_t i = 0; i < column.missing_numbers.size(); ++i) {
      known =
          graph_.node("Imputer", own(numbered("known", i), column.key), {known}, onnx::kMlDomain)
              .set("imputed_value_floats", std::vector<float>{kNaN})
              .set("replaced_value_float", static_cast<float>(column.missing_numbers[i]))
              .output();
    }
    return known;
  }

  /// The name of the first node of its kind is `what`, that of the second `what2`.
  static std::string numbered(const char* what, std::size_t i) {
    return i == 0 ? what : what + std::to_string(i + 1);
  }

  /// Column::feature_of() for a column with an origin.
  std::string distance_from_origin(const data::Column& column, const std::string& input) {
    const std::string& key = column.key;
    const auto constant = [&](const std::string& name, double value) {
      return graph_.constant(own(name, key), std::vector<double>{value});
    };
    std::string known = input;
    for (std::size_t i = 0; i < column.missing_numbers.size(); ++i) {
      const auto name = [i](const char* what) { return numbered(what, i); };
      graph_.node("Equal", own(name("unknown"), key),
                  {known, constant(name("stands_for_missing"), column.missing_numbers[i])});
      known =
          graph_
              .node("Where", own(name("known"), key),
                    {own(name("unknown"), key),
                     constant(name("missing"), std::numeric_limits<double>::quiet_NaN()), known})
              .output();
    }
    graph_.node("Sub", own("distance", key), {known, constant("origin", *column.origin)});
    return graph_.node("Cast", own("number", key), {own("distance", key)})
        .set("to", std::int64_t{::onnx::TensorProto::FLOAT})
        .output();
  }

  std::int64_t number_place(std::size_t column) const {
    std::int64_t place = 0;
    for (const FeatureBlock& block : layout_.blocks) {
      if (block.kind != FeatureBlock::Kind::number) continue;
      if (block.column == column) break;
      ++place;
    }
    return place;
  }

  const data::TableSchema& schema_;
  const FeatureLayout& layout_;
  std::vector<std::string> inputs_;
  std::map<std::size_t, std::string> days_;    ///< by date column: the name of the value
  std::map<std::size_t, std::string> scores_;  ///< by text column: the same
  onnx::GraphBuilder graph_;
};

}  // namespace

std::vector<std::string> graph_input_names(const data::TableSchema& schema) {
  std::set<std::string> taken{"label", "probabilities"};
  if (schema.target.number) {
    const auto outputs = data::output_names(*schema.target.number);
    taken = {outputs.begin(), outputs.end()};
  }
  std::vector<std::string> names;
  for (const data::Column& column : schema.columns) {
    std::string name = column.key;
    while (taken.contains(name) || (name != column.key && schema.find(name) != nullptr))
      name += "_";
    taken.insert(name);
    names.push_back(std::move(name));
  }
  return names;
}

::onnx::ModelProto build_table_graph(const data::TableSchema& schema, const FeatureLayout& layout,
                                     const Classifier& classifier, double threshold) {
  ::onnx::ModelProto model;
  model.set_ir_version(9);
  model.set_producer_name("vitrine");
  auto* ai_onnx = model.add_opset_import();
  ai_onnx->set_domain("");
  ai_onnx->set_version(20);
  auto* ml = model.add_opset_import();
  ml->set_domain(std::string(onnx::kMlDomain));
  ml->set_version(3);
  if (std::ranges::contains(schema.columns, data::ColumnKind::text, &data::Column::kind)) {
    auto* contributed = model.add_opset_import();
    contributed->set_domain(kTextDomain);
    contributed->set_version(1);
  }
  model.mutable_graph()->set_name("table");

  TableGraph graph(schema, layout, model.mutable_graph());
  graph.inputs();
  std::visit([&](const auto& parameters) { graph.classifier(parameters); }, classifier);
  graph.label(threshold);
  return model;
}

void change_threshold(::onnx::ModelProto& model, double threshold) {
  for (::onnx::TensorProto& tensor : *model.mutable_graph()->mutable_initializer()) {
    if (tensor.name() != own("threshold") || tensor.float_data_size() != 1) continue;
    tensor.set_float_data(0, static_cast<float>(threshold));
  }
}

}  // namespace vitrine::model
