#include "interop/sklearn/transformers.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>
#include <optional>
#include <unordered_map>

#include "base/text.h"
#include "data/table/value.h"
#include "interop/sklearn/features.h"

namespace vitrine::interop {
namespace {

using Kind = PickleValue::Kind;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr int kMostDepth = 30;  // of transformers inside others

/// A value between two transformers: a feature, or a column as it is in the table.
struct Value {
  ForeignFeature feature;
  bool raw = true;                          ///< no encoder and no scaler has changed it
  std::optional<std::string> missing_text;  ///< of a raw column: what an imputer puts in
};
using Values = std::vector<Value>;

class Chain {
 public:
  explicit Chain(const ObjectReader& reader) : reader_(reader) {}

  ForeignTable run(std::span<const PickleValue* const> transformers) {
    ForeignTable start = named_features(columns_of(*transformers.front()), reader_);
    table_.columns = std::move(start.columns);
    Values values;
    for (ForeignFeature& feature : start.features) values.push_back({std::move(feature)});
    for (const PickleValue* one : transformers) values = apply(*one, std::move(values));
    for (Value& value : values) {
      if (value.raw && table_.columns[value.feature.column].category) {
        reader_.fail("column '" + shown(table_.columns[value.feature.column].name) +
                         "' is encoded, and also used as it is",
                     "export the model to ONNX with skl2onnx");
      }
      table_.features.push_back(std::move(value.feature));
    }
    return std::move(table_);
  }

 private:
  /// The object that knows the names of the columns: the first one of nested pipelines.
  const PickleValue& columns_of(const PickleValue& object) const {
    if (object.text != "sklearn.Pipeline" || object.find("feature_names_in_") != nullptr) {
      return object;
    }
    const auto steps = steps_of(object);
    if (steps.empty()) reader_.contradicts("a Pipeline has no steps");
    return columns_of(*steps.front());
  }

  std::vector<const PickleValue*> steps_of(const PickleValue& pipeline) const {
    std::vector<const PickleValue*> out;
    for (const PickleValue* step : reader_.attribute(pipeline, "steps").items) {
      if (step->kind != Kind::tuple || step->items.size() != 2) {
        reader_.contradicts("a step of a Pipeline");
      }
      out.push_back(step->items[1]);
    }
    return out;
  }

  Values apply(const PickleValue& transformer, Values in) {
    if (transformer.kind == Kind::none || transformer.text == "passthrough") return in;
    if (transformer.kind != Kind::object) reader_.contradicts("a transformer is no object");
    if (++depth_ > kMostDepth) reader_.contradicts("transformers are nested too deeply");
    const std::string name = ObjectReader::class_of(transformer);
    Values out;
    if (name == "Pipeline") {
      out = std::move(in);
      for (const PickleValue* step : steps_of(transformer)) out = apply(*step, std::move(out));
    } else if (name == "ColumnTransformer") {
      out = apply_columns(transformer, in);
    } else if (name == "FeatureUnion") {
      for (const PickleValue* part : reader_.attribute(transformer, "transformer_list").items) {
        if (part->items.size() != 2) reader_.contradicts("a part of a FeatureUnion");
        if (part->items[1]->text == "drop") continue;
        append(out, apply(*part->items[1], in));
      }
    } else if (name == "SimpleImputer") {
      out = impute(transformer, std::move(in));
    } else if (name == "OneHotEncoder") {
      out = one_hot(transformer, in);
    } else if (name == "OrdinalEncoder") {
      out = ordinal(transformer, in);
    } else if (name == "FunctionTransformer") {
      const PickleValue* function = transformer.find("func");
      if (function != nullptr && function->kind != Kind::none) {
        reader_.fail("a FunctionTransformer calls a function, which is code",
                     "export the model to ONNX with skl2onnx");
      }
      out = std::move(in);
    } else if (name == "SelectKBest" || name == "VarianceThreshold") {
      out = select(transformer, std::move(in));
    } else if (is_scaler(transformer)) {
      out = scale(transformer, std::move(in));
    } else {
      reader_.fail(
          "the model contains " + name + ", which import does not read",
          "import reads Pipeline, ColumnTransformer, FeatureUnion, OneHotEncoder, OrdinalEncoder, "
          "SimpleImputer, SelectKBest, VarianceThreshold and scalers; export others to ONNX with "
          "skl2onnx");
    }
    --depth_;
    return out;
  }

  static void append(Values& to, Values more) {
    to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }

  // --- ColumnTransformer

  Values apply_columns(const PickleValue& transformer, const Values& in) {
    std::vector<std::string> names;
    if (const PickleValue* known = transformer.find("feature_names_in_")) {
      names = reader_.names(*known, "feature_names_in_");
    }
    Values out;
    for (const PickleValue* part : reader_.attribute(transformer, "transformers_").items) {
      if (part->kind != Kind::tuple || part->items.size() != 3) {
        reader_.contradicts("a part of the ColumnTransformer");
      }
      if (part->items[1]->text == "drop") continue;
      Values chosen;
      for (const std::size_t place : places_of(*part->items[2], names, in.size())) {
        chosen.push_back(in[place]);
      }
      if (!chosen.empty()) append(out, apply(*part->items[1], std::move(chosen)));
    }
    return out;
  }

  /// The columns of a part: names, positions, a mask or a slice of either.
  std::vector<std::size_t> places_of(const PickleValue& columns,
                                     const std::vector<std::string>& names,
                                     std::size_t count) const {
    std::vector<std::size_t> out;
    const auto add_position = [&](std::int64_t place) {
      if (place < 0) place += static_cast<std::int64_t>(count);
      if (place < 0 || place >= static_cast<std::int64_t>(count)) {
        reader_.contradicts("a column of the ColumnTransformer does not exist");
      }
      out.push_back(static_cast<std::size_t>(place));
    };
    const auto add_name = [&](const std::string& name) {
      const auto found = std::ranges::find(names, name);
      if (found == names.end()) reader_.contradicts("there is no column '" + shown(name) + "'");
      add_position(found - names.begin());
    };
    if (columns.kind == Kind::text || columns.kind == Kind::bytes) {
      add_name(columns.text);
    } else if (columns.kind == Kind::integer) {
      add_position(columns.integer);
    } else if (columns.text == "builtins.slice") {
      add_slice(columns, names, count, out);
    } else {
      const bool mask = columns.kind == Kind::array && columns.flag;
      for (const std::string& text : columns.texts) add_name(text);
      for (std::size_t i = 0; i < columns.numbers.size() && columns.texts.empty(); ++i) {
        if (!mask) add_position(static_cast<std::int64_t>(columns.numbers[i]));
        if (mask && columns.numbers[i] != 0) add_position(static_cast<std::int64_t>(i));
      }
      for (std::size_t i = 0; i < columns.items.size(); ++i) {
        const PickleValue& item = *columns.items[i];
        if (item.kind == Kind::boolean) {
          if (item.flag) add_position(static_cast<std::int64_t>(i));
        } else if (item.kind == Kind::integer) {
          add_position(item.integer);
        } else {
          add_name(item.text);
        }
      }
    }
    return out;
  }

  /// A slice of positions excludes its end, one of names includes it, as in pandas.
  void add_slice(const PickleValue& slice, const std::vector<std::string>& names, std::size_t count,
                 std::vector<std::size_t>& out) const {
    if (slice.items.size() != 3) reader_.contradicts("a slice of columns");
    const auto place = [&](const PickleValue& end, std::int64_t otherwise, bool last) {
      if (end.kind == Kind::none) return otherwise;
      if (end.kind == Kind::integer) {
        return end.integer < 0 ? end.integer + static_cast<std::int64_t>(count) : end.integer;
      }
      const auto found = std::ranges::find(names, end.text);
      if (found == names.end()) reader_.contradicts("a slice names a column that does not exist");
      return static_cast<std::int64_t>(found - names.begin()) + (last ? 1 : 0);
    };
    const std::int64_t first = place(*slice.items[0], 0, false);
    const std::int64_t end = place(*slice.items[1], static_cast<std::int64_t>(count), true);
    const std::int64_t step = slice.items[2]->kind == Kind::integer ? slice.items[2]->integer : 1;
    if (step <= 0) reader_.contradicts("a slice of columns runs backwards");
    for (std::int64_t i = std::max<std::int64_t>(0, first);
         i < std::min(end, static_cast<std::int64_t>(count)); i += step) {
      out.push_back(static_cast<std::size_t>(i));
    }
  }

  // --- transformers of one column each

  Values scale(const PickleValue& scaler, Values in) {
    std::vector<ForeignFeature> features;
    for (Value& value : in) features.push_back(std::move(value.feature));
    add_scaler(scaler, features, reader_);
    Values out;
    for (ForeignFeature& feature : features) out.push_back({std::move(feature), false, {}});
    return out;
  }

  /// The features with the highest scores, or with a variance.
  Values select(const PickleValue& selector, Values in) {
    const bool by_score = selector.text == "sklearn.SelectKBest";
    const char* attribute = by_score ? "scores_" : "variances_";
    std::vector<double> scores = reader_.numbers(reader_.attribute(selector, attribute), attribute);
    if (scores.size() != in.size()) {
      reader_.contradicts("a selector has another number of features");
    }
    std::vector<bool> kept(in.size(), false);
    if (by_score) {
      const PickleValue& wanted = reader_.attribute(selector, "k");
      const std::size_t k =
          wanted.is_number() && wanted.as_number() >= 0
              ? std::min(in.size(), static_cast<std::size_t>(std::min(wanted.as_number(), 1e9)))
              : in.size();  // "all"
      // As numpy.argsort(kind="mergesort") orders them, with the lowest number for NaN.
      for (double& score : scores) {
        if (std::isnan(score)) score = std::numeric_limits<double>::lowest();
      }
      std::vector<std::size_t> order(in.size());
      std::iota(order.begin(), order.end(), std::size_t{0});
      std::ranges::stable_sort(order, {}, [&](std::size_t i) { return scores[i]; });
      for (std::size_t i = in.size() - k; i < in.size(); ++i) kept[order[i]] = true;
    } else {
      const double least = reader_.attribute(selector, "threshold").as_number();
      for (std::size_t i = 0; i < in.size(); ++i) kept[i] = scores[i] > least;
    }
    Values out;
    for (std::size_t i = 0; i < in.size(); ++i) {
      if (kept[i]) out.push_back(std::move(in[i]));
    }
    return out;
  }

  Values impute(const PickleValue& imputer, Values in) {
    if (reader_.boolean(imputer, "add_indicator", false)) {
      reader_.fail("a SimpleImputer adds columns that say what was missing (add_indicator)",
                   "fit it with add_indicator=False, or export the model with skl2onnx");
    }
    const PickleValue* marker = imputer.find("missing_values");
    if (marker != nullptr && marker->is_number() && !std::isnan(marker->as_number())) {
      reader_.fail("a SimpleImputer replaces a number, not missing values",
                   "fit it with missing_values=numpy.nan");
    }
    const PickleValue& statistics = reader_.attribute(imputer, "statistics_");
    const std::size_t count =
        std::max({statistics.numbers.size(), statistics.items.size(), statistics.texts.size()});
    if (count != in.size()) reader_.contradicts("a SimpleImputer has another number of columns");
    for (std::size_t i = 0; i < count; ++i) {
      Value& value = in[i];
      const PickleValue* item = statistics.items.empty() ? nullptr : statistics.items[i];
      if (!statistics.texts.empty() || (item != nullptr && !item->is_number())) {
        if (!value.raw) reader_.contradicts("a text is imputed into a number");
        value.missing_text = item != nullptr ? item->text : statistics.texts[i];
        continue;
      }
      const double number = item != nullptr ? item->as_number() : statistics.numbers[i];
      if (std::isnan(number)) {
        reader_.fail("a SimpleImputer drops a column that was empty in training",
                     "leave the column out and fit again");
      }
      ForeignFeature& feature = value.feature;
      const bool category = table_.columns[feature.column].category && !value.raw;
      if (value.raw) value.missing_text = ObjectReader::name_of(number);
      if (!std::isnan(feature.of_missing(category))) continue;
      (category ? feature.missing : feature.if_missing) = number;
      feature.missing_from = feature.steps.size();
    }
    return in;
  }

  /// The categories of an encoder's column, in its order; nullopt for the missing one.
  std::vector<std::optional<std::string>> categories_of(const PickleValue& categories) const {
    std::vector<std::optional<std::string>> out;
    for (const std::string& one : reader_.names_or_missing(categories, "categories_")) {
      out.emplace_back(one);
    }
    const auto missing = reader_.missing_places(categories);
    for (const std::size_t place : missing) out[place] = std::nullopt;
    return out;
  }

  /// The categories that an encoder knows of a column.
  struct Coding {
    std::vector<std::optional<std::size_t>> places;  ///< among ForeignColumn::values; none: missing
    std::optional<std::size_t> missing;  ///< the category that a missing value counts as
  };

  /// Makes the column one of categories.
  Coding encode(const Value& value, const PickleValue& known) {
    if (!value.raw) {
      reader_.fail("an encoder stands behind another transformer of its column",
                   "export the model to ONNX with skl2onnx");
    }
    ForeignColumn& column = table_.columns[value.feature.column];
    column.category = true;
    std::unordered_map<std::string, std::size_t> values;
    for (std::size_t i = 0; i < column.values.size(); ++i) values.emplace(column.values[i], i);
    const auto categories = categories_of(known);
    Coding out;
    for (std::size_t k = 0; k < categories.size(); ++k) {
      if (!categories[k]) {
        out.places.emplace_back();
        if (!value.missing_text) out.missing = k;
        continue;
      }
      const auto [place, added] = values.emplace(*categories[k], column.values.size());
      if (added) column.values.push_back(*categories[k]);
      out.places.emplace_back(place->second);
      if (value.missing_text == categories[k]) out.missing = k;
    }
    return out;
  }

  /// The feature that is numbers[i].second for the category numbers[i].first, else `otherwise`.
  static Value coded(const Value& value, const Coding& coding, double otherwise, double missing,
                     const std::vector<std::pair<std::size_t, double>>& numbers) {
    ForeignFeature out{.column = value.feature.column, .unseen = otherwise, .missing = missing};
    for (const auto& [category, number] : numbers) {
      if (coding.places[category]) out.by_value.emplace_back(*coding.places[category], number);
      if (coding.missing == category) out.missing = number;
    }
    return {std::move(out), false, {}};
  }

  Values one_hot(const PickleValue& encoder, const Values& in) {
    const PickleValue& all = reader_.attribute(encoder, "categories_");
    if (all.items.size() != in.size()) reader_.contradicts("an encoder has other columns");
    const PickleValue* infrequent = encoder.find("_infrequent_indices");
    const PickleValue* dropped = encoder.find("_drop_idx_after_grouping");
    if (dropped == nullptr) dropped = encoder.find("drop_idx_");  // before 1.1
    Values out;
    for (std::size_t i = 0; i < in.size(); ++i) {
      const Coding coding = encode(in[i], *all.items[i]);
      const std::vector<bool> rare = rare_categories(infrequent, i, coding.places.size());
      const bool any_rare = std::ranges::contains(rare, true);
      // A feature for each frequent category, then one for all the others.
      Values features;
      std::vector<std::pair<std::size_t, double>> rare_ones, frequent_ones;
      for (std::size_t k = 0; k < coding.places.size(); ++k) {
        (rare[k] ? rare_ones : frequent_ones).emplace_back(k, rare[k] ? 1 : 0);
        // What is missing counts as its category, else it is like an unseen value.
        if (!rare[k]) features.push_back(coded(in[i], coding, 0, 0, {{k, 1}}));
      }
      if (any_rare) {
        const bool unseen = reader_.text(encoder, "handle_unknown") == "infrequent_if_exist";
        features.push_back(coded(in[i], coding, unseen ? 1 : 0, unseen ? 1 : 0,
                                 unseen ? frequent_ones : rare_ones));
      }
      if (const auto drop = dropped_place(dropped, i)) {
        if (*drop >= features.size()) reader_.contradicts("a dropped category does not exist");
        features.erase(features.begin() + static_cast<std::ptrdiff_t>(*drop));
      }
      append(out, std::move(features));
    }
    return out;
  }

  std::vector<bool> rare_categories(const PickleValue* infrequent, std::size_t column,
                                    std::size_t count) const {
    std::vector<bool> out(count, false);
    if (infrequent == nullptr || column >= infrequent->items.size() ||
        infrequent->items[column]->kind != Kind::array) {
      return out;
    }
    for (const double place : infrequent->items[column]->numbers) {
      if (!(place >= 0 && place < static_cast<double>(count))) {
        reader_.contradicts("an infrequent category does not exist");
      }
      out[static_cast<std::size_t>(place)] = true;
    }
    return out;
  }

  static std::optional<std::size_t> dropped_place(const PickleValue* dropped, std::size_t i) {
    if (dropped == nullptr || dropped->kind != Kind::array) return std::nullopt;
    if (i < dropped->items.size() && dropped->items[i]->is_number()) {
      return static_cast<std::size_t>(std::max(0.0, dropped->items[i]->as_number()));
    }
    if (i < dropped->numbers.size()) {
      return static_cast<std::size_t>(std::max(0.0, dropped->numbers[i]));
    }
    return std::nullopt;
  }

  Values ordinal(const PickleValue& encoder, const Values& in) {
    const PickleValue& all = reader_.attribute(encoder, "categories_");
    if (all.items.size() != in.size()) reader_.contradicts("an encoder has other columns");
    if (const PickleValue* rare = encoder.find("_infrequent_indices");
        rare != nullptr && std::ranges::any_of(rare->items, [](const PickleValue* one) {
          return one->kind == Kind::array;
        })) {
      reader_.fail("an OrdinalEncoder joins infrequent categories, which import does not read",
                   "fit it without min_frequency and max_categories");
    }
    const auto number = [&](const char* name) {
      const PickleValue* value = encoder.find(name);
      return value != nullptr && value->is_number() ? value->as_number() : kNaN;
    };
    const double unseen = number("unknown_value"), missing = number("encoded_missing_value");
    Values out;
    for (std::size_t i = 0; i < in.size(); ++i) {
      const Coding coding = encode(in[i], *all.items[i]);
      std::vector<std::pair<std::size_t, double>> numbers;
      for (std::size_t k = 0; k < coding.places.size(); ++k) {
        numbers.emplace_back(k, coding.places[k] ? static_cast<double>(k) : missing);
      }
      out.push_back(coded(in[i], coding, unseen, missing, numbers));
    }
    return out;
  }

  const ObjectReader& reader_;
  ForeignTable table_;
  int depth_ = 0;
};

}  // namespace

bool is_transformer(const PickleValue& object) {
  constexpr std::string_view kClasses[] = {
      "sklearn.ColumnTransformer", "sklearn.FeatureUnion",     "sklearn.OneHotEncoder",
      "sklearn.OrdinalEncoder",    "sklearn.SimpleImputer",    "sklearn.FunctionTransformer",
      "sklearn.SelectKBest",       "sklearn.VarianceThreshold"};
  return is_scaler(object) || std::ranges::contains(kClasses, object.text);
}

namespace {

/// `before`: whether the transformer gets a sparse matrix.
bool stays_sparse(const PickleValue& transformer, bool before, const ObjectReader& reader,
                  int depth) {
  const std::string name = ObjectReader::class_of(transformer);
  if (transformer.kind != Kind::object || depth > kMostDepth) return before;
  if (name == "Pipeline") {
    for (const PickleValue* step : reader.attribute(transformer, "steps").items) {
      if (step->items.size() == 2)
        before = stays_sparse(*step->items[1], before, reader, depth + 1);
    }
    return before;
  }
  if (name == "ColumnTransformer") return reader.boolean(transformer, "sparse_output_", false);
  if (name == "FeatureUnion") {
    bool any = false;
    for (const PickleValue* part : reader.attribute(transformer, "transformer_list").items) {
      if (part->items.size() == 2) {
        any = stays_sparse(*part->items[1], before, reader, depth + 1) || any;
      }
    }
    return any;
  }
  if (name == "OneHotEncoder") {  // `sparse` before 1.2
    return reader.boolean(transformer, "sparse_output",
                          reader.boolean(transformer, "sparse", true));
  }
  return before;
}

}  // namespace

bool gives_sparse_matrix(std::span<const PickleValue* const> transformers,
                         const ObjectReader& reader) {
  bool sparse = false;
  for (const PickleValue* one : transformers) sparse = stays_sparse(*one, sparse, reader, 0);
  return sparse;
}

ForeignTable transformed_features(std::span<const PickleValue* const> transformers,
                                  const ObjectReader& reader) {
  return Chain(reader).run(transformers);
}

}  // namespace vitrine::interop
