#include "infer/answer.h"

#include <algorithm>
#include <array>

#include "data/value.h"

namespace vitrine {
namespace {

/// Thresholds come from probabilities of single precision.
bool in_set(float probability, double threshold) {
  return probability >= static_cast<float>(threshold);
}

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
    class_fields_.push_back(csv_field(one.value));
  }
  const std::string key = target_key(card.schema.target.key);
  before_truth_ = "{" + json_text(key) + ":";
  before_probability_ = "," + json_text(key + "_probability") + ":";
}

void AnswerWriter::json(std::string& out, std::span<const float> probabilities, int answer,
                        std::span<const std::string> warnings,
                        std::optional<double> set_threshold) const {
  const auto place = static_cast<std::size_t>(answer);
  if (binary_) {
    out += before_truth_;
    out += answer == 1 ? "true" : "false";
    out += before_probability_;
    append_number(out, probabilities[1]);
    out += ",\"label\":";
    out += class_texts_[place];
  } else {
    out += "{\"label\":";
    out += class_texts_[place];
    out += ",\"probability\":";
    append_number(out, probabilities[place]);
  }
  out += ",\"probabilities\":{";
  for (std::size_t k = 0; k < class_texts_.size(); ++k) {
    if (k > 0) out += ',';
    out += class_texts_[k];
    out += ':';
    append_number(out, probabilities[k]);
  }
  out += '}';
  if (set_threshold) {
    out += ",\"set\":[";
    bool first = true;
    for (std::size_t k = 0; k < class_texts_.size(); ++k) {
      if (!in_set(probabilities[k], *set_threshold)) continue;
      if (!first) out += ',';
      out += class_texts_[k];
      first = false;
    }
    out += ']';
  }
  out += ",\"model\":";
  out += model_;
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

std::string AnswerWriter::csv_header(bool with_set) const {
  std::string line = "label";
  for (const std::string& name : class_names_) line += "," + csv_field("probability_" + name);
  return line + (with_set ? ",set\n" : "\n");
}

void AnswerWriter::csv(std::string& out, std::span<const float> probabilities, int answer,
                       std::optional<double> set_threshold) const {
  out += class_fields_[static_cast<std::size_t>(answer)];
  for (const float p : probabilities) {
    out += ',';
    append_number(out, p);
  }
  if (set_threshold) {
    std::string set;
    for (std::size_t k = 0; k < class_names_.size(); ++k) {
      if (in_set(probabilities[k], *set_threshold))
        set += (set.empty() ? "" : "|") + class_names_[k];
    }
    out += "," + csv_field(set);
  }
  out += '\n';
}

}  // namespace vitrine
