#include "infer/answer.h"

#include <algorithm>
#include <array>

#include "data/value.h"

namespace vitrine {
namespace {

/// The target's key, with `_` behind it where an answer has a key of that name.
std::string target_key(const std::string& key) {
  constexpr std::array<std::string_view, 5> kFixed = {"label", "probability", "probabilities",
                                                      "model", "warnings"};
  return std::ranges::contains(kFixed, key) ? key + "_" : key;
}

}  // namespace

std::string json_text(std::string_view text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

AnswerWriter::AnswerWriter(const Card& card, std::string_view model_name)
    : model_(json_text(model_name)), binary_(card.schema.target.binary() && !card.of_photos()) {
  for (const Category& one : card.schema.target.classes) {
    class_names_.push_back(one.value);
    class_texts_.push_back(json_text(one.value));
  }
  const std::string key = target_key(card.schema.target.key);
  before_truth_ = "{" + json_text(key) + ":";
  before_probability_ = "," + json_text(key + "_probability") + ":";
}

void AnswerWriter::json(std::string& out, std::span<const float> probabilities, int answer,
                        std::span<const std::string> warnings) const {
  const auto place = static_cast<std::size_t>(answer);
  if (binary_) {
    out += before_truth_;
    out += answer == 1 ? "true" : "false";
    out +=
        before_probability_ + number_text(probabilities[1]) + ",\"label\":" + class_texts_[place];
  } else {
    out += "{\"label\":" + class_texts_[place] +
           ",\"probability\":" + number_text(probabilities[place]);
  }
  out += ",\"probabilities\":{";
  for (std::size_t k = 0; k < class_texts_.size(); ++k) {
    if (k > 0) out += ',';
    out += class_texts_[k] + ":" + number_text(probabilities[k]);
  }
  out += "},\"model\":" + model_;
  if (!warnings.empty()) {
    out += ",\"warnings\":[";
    for (std::size_t i = 0; i < warnings.size(); ++i) {
      if (i > 0) out += ',';
      out += json_text(warnings[i]);
    }
    out += ']';
  }
  out += '}';
}

std::string AnswerWriter::csv_header() const {
  std::string line = "label";
  for (const std::string& name : class_names_) line += "," + csv_field("probability_" + name);
  return line + "\n";
}

void AnswerWriter::csv(std::string& out, std::span<const float> probabilities, int answer) const {
  out += csv_field(class_names_[static_cast<std::size_t>(answer)]);
  for (const float p : probabilities) out += "," + number_text(p);
  out += '\n';
}

}  // namespace vitrine
