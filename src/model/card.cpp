#include "model/card.h"

#include <algorithm>

#include "base/base64.h"
#include "base/error.h"
#include "base/text.h"
#include "data/table/value.h"

namespace vitrine::model {

namespace {

constexpr std::pair<data::Filter, std::string_view> kFilters[] = {
    {data::Filter::antialias, "triangle, antialiased"},
    {data::Filter::bilinear, "triangle"},
    {data::Filter::nearest, "nearest"}};

std::string_view name_of(data::Filter filter) {
  return std::ranges::find(kFilters, filter, &std::pair<data::Filter, std::string_view>::first)
      ->second;
}

data::Filter filter_from_json(const Json& json) {
  const auto name = json.value("filter", std::string(kFilters[0].second));
  for (const auto& [filter, known] : kFilters) {
    if (name == known) return filter;
  }
  throw std::invalid_argument("the filter of the resize is unknown");
}

data::Resize resize_from_json(const Json& json) {
  const auto fit = json.at("fit").get<std::string>();
  const data::Resize resize{
      whole_number<int>(json.at("width")), whole_number<int>(json.at("height")),
      fit == "crop" ? data::Fit::crop : data::Fit::stretch, filter_from_json(json)};
  const auto valid = [](int size) { return size >= 1 && size <= 4096; };
  if ((fit != "crop" && fit != "stretch") || !valid(resize.width) || !valid(resize.height)) {
    throw std::invalid_argument("the resize is unknown or out of range");
  }
  return resize;
}

}  // namespace

const PrecisionMeasurement* Card::measured(Precision precision) const {
  const auto found = std::ranges::find(precisions, precision, &PrecisionMeasurement::precision);
  return found == precisions.end() ? nullptr : &*found;
}

double Card::prediction_set_threshold(double level) const {
  for (const PredictionSet& one : sets) {
    if (one.level >= level - 1e-9) return one.threshold;
  }
  if (schema.target.number) {
    throw Error(ErrorKind::bad_input, "the model predicts a number, which has no set of classes",
                "set",
                "leave it out: each answer has an interval; interval asks for another level");
  }
  if (sets.empty()) {
    throw Error(ErrorKind::bad_input, "the model has no prediction sets", "set",
                "image classifiers have them: train one with this version");
  }
  throw Error(
      ErrorKind::bad_input,
      "the model has prediction sets only up to the level " + data::number_text(sets.back().level),
      "set", "choose a lower level");
}

void Card::check_interval_level(double level) const {
  const auto& number = schema.target.number;
  if (!number) {
    throw Error(ErrorKind::bad_input, "the model predicts classes, which have no interval",
                "interval", "leave it out: each class has its probability");
  }
  if (!number->has_intervals()) {
    throw Error(ErrorKind::bad_input, "the model was imported, and its numbers have no intervals",
                "interval", "leave it out, or train a model with this version");
  }
  if (number->factor_of(level)) return;
  throw Error(ErrorKind::bad_input,
              "the model has intervals only up to the level " +
                  data::number_text(number->intervals.back().level),
              "interval", "choose a lower level");
}

namespace {

/// Checks a list of objects, which reports and pages read without further checks.
void check_objects(const Json& list) {
  if (!list.is_structured() && !list.is_null()) throw std::invalid_argument("a list is missing");
  for (const Json& one : list) {
    if (!one.is_object()) throw std::invalid_argument("an entry is not an object");
  }
}

Json to_json(const std::vector<PrecisionMeasurement>& measured) {
  Json out = Json::object();
  for (const PrecisionMeasurement& one : measured) {
    Json& json = out[std::string(name_of(one.precision))];
    json = {{"photos", one.photos},
            {"accuracy_f32", rounded(one.accuracy_f32)},
            {"accuracy", rounded(one.accuracy)},
            {"labels_as_f32", rounded(one.agreement)},
            {"largest_difference", rounded(one.largest_difference, 3)},
            {"taken", one.accepted}};
    if (one.precision == Precision::int8 || one.skip_first_layers > 0) {
      json["convolutions_spared"] = one.skip_first_layers;
    }
  }
  return out;
}

/// Precisions of later versions are left out.
std::vector<PrecisionMeasurement> measurements_from_json(const Json& json) {
  std::vector<PrecisionMeasurement> out;
  check_objects(json);
  for (const Precision precision : {Precision::bf16, Precision::int8}) {
    const auto found = json.find(std::string(name_of(precision)));
    if (found == json.end()) continue;
    const Json& one = *found;
    out.push_back({.precision = precision,
                   .photos = one.contains("photos") ? whole_number<std::size_t>(one["photos"]) : 0,
                   .accuracy_f32 = one.value("accuracy_f32", 0.0),
                   .accuracy = one.value("accuracy", 0.0),
                   .agreement = one.value("labels_as_f32", 0.0),
                   .largest_difference = one.value("largest_difference", 0.0),
                   .accepted = one.value("taken", false),
                   .skip_first_layers = one.contains("convolutions_spared")
                                            ? whole_number<std::size_t>(one["convolutions_spared"])
                                            : 0});
  }
  return out;
}

/// The key of FeatureImportance::Column::loss_increase.
const char* loss_key(const data::Target& target) {
  return target.number ? "rmse_increase" : "log_loss_increase";
}

Json to_json(const FeatureImportance& importance, const data::Target& target) {
  Json json = Json::object();
  for (const auto& [key, increase] : importance.columns) {
    json["columns"].push_back({{"column", key}, {loss_key(target), rounded(increase, 4)}});
  }
  for (const auto& [feature, weight] : importance.weights) {
    json["weights"].push_back({{"feature", feature}, {"weight", rounded(weight)}});
  }
  return json;
}

std::vector<Example> examples_from_json(const Json& json, const data::TableSchema& schema) {
  if (!json.is_array() || json.size() > kMostExamples) {
    throw std::invalid_argument("the examples are damaged");
  }
  std::vector<Example> out;
  for (const Json& one : json) {
    Example example{one.at("label").get<std::string>(), one.value("row", Json())};
    if (!example.row.is_null()) {
      if (!example.row.is_object()) throw std::invalid_argument("an example is damaged");
      for (const auto& [key, value] : example.row.items()) {
        const bool known = schema.find(key) != nullptr;
        if (!known || !(value.is_primitive())) throw std::invalid_argument("an example is damaged");
      }
    }
    const auto photo = decode_base64(one.value("photo", ""));
    if (!photo) throw std::invalid_argument("the photo of an example is damaged");
    example.photo = *photo;
    out.push_back(std::move(example));
  }
  return out;
}

FeatureImportance importance_from_json(const Json& json, const data::Target& target) {
  FeatureImportance out;
  for (const Json& one : json.value("columns", Json::array())) {
    out.columns.push_back({one.at("column"), one.at(loss_key(target))});
  }
  for (const Json& one : json.value("weights", Json::array())) {
    out.weights.push_back({one.at("feature"), one.at("weight")});
  }
  return out;
}

InputKind input_named(std::string_view name) {
  for (const InputKind input : {InputKind::rows, InputKind::photos}) {
    if (name == name_of(input)) return input;
  }
  throw std::invalid_argument("its task '" + shown(name) + "' is unknown");
}

std::vector<data::Warning> warnings_from_json(const Json& json) {
  std::vector<data::Warning> out;
  check_objects(json);
  for (const Json& one : json) {
    out.push_back({one.value("code", ""), one.at("message"), one.value("hint", "")});
  }
  return out;
}

/// 2: the Brier score of two classes is that of the second one's probability.
constexpr int kFiguresFormat = 2;

/// Cards of 0.1.0 have, for two classes, the Brier score summed over both: twice the usual one.
void halve_old_brier(Json& metrics, const data::Target& target) {
  if (target.classes.size() != 2) return;
  for (Json& figures : metrics) {
    if (!figures.is_object() || !figures.contains("brier")) continue;
    figures["brier"] = rounded(figures["brier"].get<double>() / 2);
    for (Json& end : figures["brier_ci95"]) end = rounded(end.get<double>() / 2);
  }
}

bool is_interval(const Json& json) {
  return json.is_array() && json.size() == 2 && json[0].is_number() && json[1].is_number();
}

/// Throws std::invalid_argument unless the metrics have the types of task::to_json().
void check_metrics(const Json& metrics) {
  const auto refuse = [](const std::string& what) {
    throw std::invalid_argument("its figures are damaged: " + what);
  };
  for (const char* kind : kFigureKinds) {
    if (!metrics.contains(kind)) continue;
    const Json& figures = metrics.at(kind);
    if (!figures.is_object()) refuse(kind);
    if (!figures.contains("rows") || !figures.at("rows").is_number_unsigned()) refuse("rows");
    for (const auto& [key, value] : figures.items()) {
      if (key.ends_with("_ci95") && !is_interval(value)) refuse(key);
      if (figures.contains(key + "_ci95") && !value.is_number()) refuse(key);
    }
    if (!figures.contains("baseline")) continue;
    const Json& baseline = figures.at("baseline");
    if (!baseline.is_object() || !baseline.value("prediction", Json()).is_string() ||
        !baseline.value("beaten", Json()).is_boolean()) {
      refuse("baseline");
    }
    for (const auto& [key, value] : baseline.items()) {
      if (key != "prediction" && key != "beaten" && !value.is_number()) refuse("baseline");
    }
  }
}

Json rounded_numbers(const std::vector<float>& numbers) {
  Json out = Json::array();
  for (const float one : numbers) out.push_back(rounded(one, 4));
  return out;
}

}  // namespace

std::string_view name_of(InputKind input) {
  switch (input) {
    case InputKind::rows:
      return "table";
    case InputKind::photos:
      return "image";
  }
  unknown_kind("input", input);
}

std::string_view Card::headline() const {
  for (const std::string_view kind : kFigureKinds) {
    if (metrics.contains(kind)) return kind;
  }
  return {};
}

std::optional<bool> Card::beats_baseline() const {
  constexpr std::size_t kSmallTest = 200;  // rows
  std::optional<bool> out;
  for (const std::string_view kind : kFigureKinds) {
    const auto found = metrics.find(kind);
    if (found == metrics.end() || !found->contains("baseline")) continue;
    const bool beaten = found->at("baseline").value("beaten", false);
    out = out.value_or(false) || beaten;
    if (whole_number<std::size_t>(found->at("rows")) >= kSmallTest) break;
  }
  return out;
}

void check_about(const std::string& about, const std::string& where) {
  // shown() replaces control characters and what is not UTF-8.
  if (about.size() <= kMostAbout && shown(about, kMostAbout) == about) return;
  throw Error(
      ErrorKind::usage,
      "the sentence is not one line of text of at most " + std::to_string(kMostAbout) + " bytes",
      where, "write one sentence, such as \"Will this customer cancel?\"");
}

void leave_out_weights(Json& card) {
  if (card.contains("training")) card["training"].erase("case_filter");
  if (!card.contains("columns")) return;
  for (Json& column : card["columns"]) {
    if (column.value("kind", "") != "text") continue;
    const Json& text = column.at("text");
    column["text"] = {{"words", text.at("words").size()},
                      {"characters", text.at("characters").size()}};
  }
}

Json to_json(const Card& card) {
  Json json{{"format", kCardFormat}, {"task", name_of(card.input)}, {"algorithm", card.algorithm}};
  if (card.of_photos()) {
    json["image"] = {{"width", card.image.width},
                     {"height", card.image.height},
                     {"fit", card.image.fit == data::Fit::stretch ? "stretch" : "crop"},
                     {"filter", name_of(card.image.filter)},
                     {"colours", "RGB"}};
    if (card.one_by_one) json["image"]["one_by_one"] = true;
    json["target"] = data::to_json(card.schema)["target"];
    json["precision"] = {{"chosen", name_of(card.precision)},
                         {"measured", to_json(card.precisions)}};
    if (card.ranges) {
      json["precision"]["ranges"] = {{"network", card.ranges->network},
                                     {"least", rounded_numbers(card.ranges->least)},
                                     {"most", rounded_numbers(card.ranges->most)},
                                     {"spared", card.ranges->skip_first_layers}};
    }
  } else {
    json.update(data::to_json(card.schema));
  }
  json["threshold"] = card.threshold;
  if (!card.sets.empty()) {
    Json levels = Json::array();
    Json thresholds = Json::array();
    for (const auto& [level, threshold] : card.sets) {
      levels.push_back(level);
      thresholds.push_back(threshold);
    }
    json["prediction_sets"] = {
        {"method", "split conformal, classes at least as probable as the threshold"},
        {"levels", levels},
        {"thresholds", thresholds}};
  }
  if (!card.about.empty()) json["about"] = card.about;
  for (const Example& one : card.examples) {
    Json& example = json["examples"].emplace_back(Json{{"label", one.label}});
    if (!one.row.is_null()) example["row"] = one.row;
    if (!one.photo.empty()) example["photo"] = encode_base64(one.photo);
  }
  json["figures"] = card.metrics;
  json["figures_format"] = kFiguresFormat;
  json["importance"] = to_json(card.importance, card.schema.target);
  json["warnings"] = data::to_json(card.warnings);
  json["training"] = card.training;
  return json;
}

Card card_from_json(const std::string& text, const std::string& where) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto refuse = [&](const std::string& what, const std::string& hint) {
    throw Error(ErrorKind::bad_model, what, where, hint);
  };
  if (!json.is_object() || !json.contains("format") || !json["format"].is_number_integer()) {
    refuse("the card is not readable", "use a file that Vitrine saved");
  }
  if (json["format"] > kCardFormat) {
    refuse("the card has format " + json["format"].dump() + "; this program reads formats up to " +
               std::to_string(kCardFormat),
           "use a newer Vitrine");
  }
  Card card;
  const bool of_photos = json.contains("task") && json["task"] == "image";
  if (!of_photos) card.schema = data::schema_from_json(json, where);
  try {
    if (of_photos) {
      card.schema.target = data::target_from_json(json.at("target"));
      if (card.schema.target.number) throw std::invalid_argument("a number is predicted of photos");
      card.image = resize_from_json(json.at("image"));
      card.one_by_one = json["image"].value("one_by_one", false);
      if (json.contains("precision")) {  // older cards: f32
        card.precision = precision_named(json["precision"].at("chosen").get<std::string>());
        card.precisions = measurements_from_json(json["precision"].at("measured"));
        if (json["precision"].contains("ranges")) {
          const Json& ranges = json["precision"]["ranges"];
          card.ranges = {ranges.at("network"), ranges.at("least"), ranges.at("most"),
                         whole_number<std::size_t>(ranges.at("spared"))};
        }
      }
    }
    card.input = input_named(json.at("task").get<std::string>());
    card.algorithm = json.at("algorithm");
    card.threshold = json.at("threshold");
    if (json.contains("prediction_sets")) {
      const auto levels = json["prediction_sets"].at("levels").get<std::vector<double>>();
      const auto thresholds = json["prediction_sets"].at("thresholds").get<std::vector<double>>();
      if (levels.size() != thresholds.size() || !std::ranges::is_sorted(levels)) {
        throw std::invalid_argument("the prediction sets are not sorted");
      }
      for (std::size_t i = 0; i < levels.size(); ++i) {
        card.sets.push_back({levels[i], thresholds[i]});
      }
    }
    card.training = json.at("training");
    if (!card.training.is_object()) throw std::invalid_argument("training is not an object");
    for (const Json& one : card.training.value("suspects", Json::array())) {
      for (const char* key : {"file", "label", "believed"})
        one.at(key).get_ref<const std::string&>();
    }
    card.metrics = json.at("figures");
    check_metrics(card.metrics);
    if (json.value("figures_format", 1) < kFiguresFormat) {
      halve_old_brier(card.metrics, card.schema.target);
    }
    card.about = json.value("about", "");
    if (card.about.size() > kMostAbout) throw std::invalid_argument("about is too long");
    card.examples = examples_from_json(json.value("examples", Json::array()), card.schema);
    card.importance = importance_from_json(json.at("importance"), card.schema.target);
    card.warnings = warnings_from_json(json.at("warnings"));
  } catch (const std::exception& problem) {
    refuse(std::string("the card can't be used: ") + problem.what(),
           "use a file that Vitrine saved");
  }
  if (!(card.threshold > 0 && card.threshold < 1)) {
    refuse("the card's threshold is out of range", "use a file that Vitrine saved");
  }
  return card;
}

}  // namespace vitrine::model
