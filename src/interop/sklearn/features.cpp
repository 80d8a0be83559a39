#include "interop/sklearn/features.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "base/text.h"
#include "data/table/value.h"

namespace vitrine::interop {
namespace {

using Kind = PickleValue::Kind;

constexpr std::size_t kMostFeatures = 1'000'000;

/// What the vocabulary says of a column.
struct VectorizedColumn {
  std::vector<std::pair<std::string, std::size_t>> values;  ///< with the feature of each
  std::optional<std::size_t> number;                        ///< its feature
};

}  // namespace

ForeignTable vectorizer_features(const PickleValue& vectorizer, bool zeros_are_missing,
                                 const ObjectReader& reader) {
  const std::string separator = reader.text(vectorizer, "separator");
  if (separator.empty()) reader.contradicts("the DictVectorizer has no separator");
  const std::string type = reader.text(vectorizer, "dtype");
  if (type.starts_with("type.int") || type.starts_with("type.uint")) {
    reader.fail("the DictVectorizer truncates numbers to integers (dtype)",
                "fit it with its default dtype, float64");
  }
  const PickleValue& vocabulary = reader.attribute(vectorizer, "vocabulary_");
  if (vocabulary.kind != Kind::dictionary || vocabulary.pairs.empty()) {
    reader.contradicts("the vocabulary is empty");
  }
  std::set<std::int64_t> places;
  const auto count = static_cast<std::int64_t>(vocabulary.pairs.size());
  std::map<std::string, VectorizedColumn> columns;
  for (const auto& [name, place] : vocabulary.pairs) {
    if ((name->kind != Kind::text && name->kind != Kind::bytes) || place->kind != Kind::integer) {
      reader.contradicts("the vocabulary does not map names to indices");
    }
    if (place->integer < 0 || place->integer >= count || !places.insert(place->integer).second) {
      reader.contradicts("the indices of the vocabulary are not 0 to " + std::to_string(count - 1));
    }
    if (!data::is_utf8(name->text)) reader.contradicts("a feature's name is not UTF-8");
    const std::size_t cut = name->text.find(separator);
    const std::string column = name->text.substr(0, cut);
    if (data::normalised(column).empty()) reader.contradicts("a feature has no name");
    const auto feature = static_cast<std::size_t>(place->integer);
    if (cut == std::string::npos) {
      columns[column].number = feature;
    } else {
      columns[column].values.emplace_back(name->text.substr(cut + separator.size()), feature);
    }
  }
  ForeignTable out;
  out.features.resize(vocabulary.pairs.size());
  const double none = zeros_are_missing ? std::numeric_limits<double>::quiet_NaN() : 0;
  for (const auto& [name, parts] : columns) {
    const std::size_t column = out.columns.size();
    if (parts.number && !parts.values.empty()) {
      reader.fail("column '" + shown(name) + "' holds both numbers and text",
                  "make it one of them and fit again");
    }
    out.columns.push_back({.name = name, .category = !parts.number});
    if (parts.number) out.features[*parts.number] = {.column = column, .if_missing = none};
    for (std::size_t k = 0; k < parts.values.size(); ++k) {
      out.columns.back().values.push_back(parts.values[k].first);
      ForeignFeature feature{.column = column, .unseen = none, .missing = none};
      feature.by_value = {{k, 1}};
      out.features[parts.values[k].second] = std::move(feature);
    }
  }
  return out;
}

ForeignTable named_features(const PickleValue& object, const ObjectReader& reader) {
  std::vector<std::string> names;
  if (const PickleValue* known = object.find("feature_names_in_")) {
    names = reader.names(*known, "feature_names_in_");
  } else {
    const PickleValue* count = object.find("n_features_in_");
    if (count == nullptr) count = object.find("n_features_");
    if (count == nullptr || count->kind != Kind::integer || count->integer <= 0 ||
        count->integer > static_cast<std::int64_t>(kMostFeatures)) {
      reader.fail("the " + ObjectReader::class_of(object) + " does not say what its features are",
                  "pass all files of the model, with the DictVectorizer or the encoders");
    }
    for (std::int64_t i = 0; i < count->integer; ++i) names.push_back("x" + std::to_string(i));
  }
  for (const std::string& name : names) {
    if (data::normalised(name).empty()) reader.contradicts("a feature has no name");
  }
  if (std::set<std::string>(names.begin(), names.end()).size() != names.size() || names.empty()) {
    reader.contradicts("the names of the features are not distinct");
  }
  return columns_of_numbers(names);
}

bool is_scaler(const PickleValue& object) {
  constexpr std::string_view kScalers[] = {"sklearn.StandardScaler", "sklearn.MinMaxScaler",
                                           "sklearn.MaxAbsScaler", "sklearn.RobustScaler"};
  return std::ranges::contains(kScalers, object.text);
}

void add_scaler(const PickleValue& scaler, std::vector<ForeignFeature>& features,
                const ObjectReader& reader) {
  const auto values = [&](const char* name, bool wanted) -> std::vector<double> {
    const PickleValue* value = scaler.find(name);
    if (!wanted || value == nullptr || value->kind == Kind::none) return {};
    std::vector<double> out = reader.numbers(*value, name);
    if (out.size() != features.size())
      reader.contradicts("a scaler has another number of features");
    return out;
  };
  if (reader.boolean(scaler, "clip", false)) {
    reader.fail("a scaler clips its values, which is not supported", "fit it with clip=False");
  }
  const bool standard = scaler.text == "sklearn.StandardScaler";
  const bool robust = scaler.text == "sklearn.RobustScaler";
  if (scaler.text == "sklearn.MinMaxScaler") {
    const auto times = values("scale_", true), add = values("min_", true);
    for (std::size_t i = 0; i < features.size(); ++i) {
      features[i].steps.push_back({.add = add.empty() ? 0 : add[i],
                                   .times = times.empty() ? 1 : times[i],
                                   .times_first = true});
    }
    return;
  }
  const auto mean = standard ? values("mean_", reader.boolean(scaler, "with_mean", true))
                    : robust ? values("center_", reader.boolean(scaler, "with_centering", true))
                             : std::vector<double>{};
  const auto scale =
      values("scale_", reader.boolean(scaler, robust ? "with_scaling" : "with_std", true));
  for (std::size_t i = 0; i < features.size(); ++i) {
    features[i].steps.push_back({.add = mean.empty() ? 0 : -mean[i],
                                 .times = scale.empty() ? 1 : scale[i],
                                 .divides = true});
  }
}

}  // namespace vitrine::interop
