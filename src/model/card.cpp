#include "model/card.h"

#include <algorithm>

#include "base/error.h"
#include "data/table/value.h"

namespace vitrine::model {

namespace {

data::Resize resize_from_json(const Json& json) {
  const auto fit = json.at("fit").get<std::string>();
  const data::Resize resize{whole_number<int>(json.at("width")),
                            whole_number<int>(json.at("height")),
                            fit == "crop" ? data::Fit::crop : data::Fit::stretch};
  const auto valid = [](int size) { return size >= 1 && size <= 4096; };
  if ((fit != "crop" && fit != "stretch") || !valid(resize.width) || !valid(resize.height)) {
    throw std::invalid_argument("the resize is unknown or out of range");
  }
  return resize;
}

}  // namespace

double Card::prediction_set_threshold(double level) const {
  for (const PredictionSet& one : sets) {
    if (one.level >= level - 1e-9) return one.threshold;
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

namespace {

/// Checks a list of objects, which reports and pages read without further checks.
void check_objects(const Json& list) {
  if (!list.is_structured() && !list.is_null()) throw std::invalid_argument("a list is missing");
  for (const Json& one : list) {
    if (!one.is_object()) throw std::invalid_argument("an entry is not an object");
  }
}

Json rounded_numbers(const std::vector<float>& numbers) {
  Json out = Json::array();
  for (const float one : numbers) out.push_back(rounded(one, 4));
  return out;
}

}  // namespace

Json to_json(const Card& card) {
  Json json{{"format", kCardFormat}, {"task", card.task}, {"algorithm", card.algorithm}};
  if (card.of_photos()) {
    json["image"] = {{"width", card.image.width},
                     {"height", card.image.height},
                     {"fit", card.image.fit == data::Fit::stretch ? "stretch" : "crop"},
                     {"filter", "triangle, antialiased"},
                     {"colours", "RGB"}};
    if (card.one_by_one) json["image"]["one_by_one"] = true;
    json["target"] = data::to_json(card.schema)["target"];
    json["precision"] = {{"chosen", card.precision}, {"measured", card.precisions}};
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
  json["figures"] = card.figures;
  json["importance"] = card.importance;
  json["warnings"] = card.warnings;
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
      card.image = resize_from_json(json.at("image"));
      card.one_by_one = json["image"].value("one_by_one", false);
      if (json.contains("precision")) {  // older cards: f32
        card.precision = json["precision"].at("chosen");
        card.precisions = json["precision"].at("measured");
        check_objects(card.precisions);
        for (const Json& one : card.precisions) (void)one.value("taken", false);
        if (json["precision"].contains("ranges")) {
          const Json& ranges = json["precision"]["ranges"];
          card.ranges = {ranges.at("network"), ranges.at("least"), ranges.at("most"),
                         whole_number<std::size_t>(ranges.at("spared"))};
        }
      }
    }
    card.task = json.at("task");
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
    card.figures = json.at("figures");
    card.importance = json.at("importance");
    card.warnings = json.at("warnings");
    check_objects(card.warnings);
    for (const Json& one : card.warnings) {
      one.at("message").get_ref<const std::string&>();
      (void)one.value("hint", "");
    }
  } catch (const std::exception& problem) {
    refuse(std::string("the card can't be used: ") + problem.what(),
           "use a file that Vitrine saved");
  }
  if ((card.task != "table" && !card.of_photos()) || !(card.threshold > 0 && card.threshold < 1)) {
    refuse("the card's task is unknown or its threshold out of range", "use a newer Vitrine");
  }
  return card;
}

}  // namespace vitrine::model
