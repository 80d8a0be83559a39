#include "engine/prediction_writer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "data/table/csv.h"
#include "data/table/value.h"
#include "engine/predictor.h"

namespace vitrine::engine {
namespace {

constexpr std::array<std::string_view, 7> kFixedKeys = {
    "label", "probability", "probabilities", "model", "warnings", "set", "explanation"};

/// The outputs of one row, with the interval that is asked for.
data::NumberOutputs number_of(const data::NumberTarget& target, std::span<const float> outputs,
                              const PredictionExtras& extras) {
  const data::NumberOutputs usual = data::number_outputs(outputs);
  return extras.interval_level ? data::at_level(target, usual, *extras.interval_level) : usual;
}

}  // namespace

std::string answered_key(const data::Target& target, Spelling spelling) {
  const std::string& name = spelling == Spelling::normalised ? target.key : target.name;
  const bool taken = std::ranges::contains(kFixedKeys, data::normalised(target.key));
  return taken ? name + "_" : name;
}

std::vector<std::string> answered_ids(const model::Card& card) {
  std::vector<std::string> taken(kFixedKeys.begin(), kFixedKeys.end());
  for (const Spelling spelling : {Spelling::normalised, Spelling::of_table}) {
    const std::string key = answered_key(card.schema.target, spelling);
    for (const char* end : {"", "_probability", "_interval", "_low", "_high"}) {
      taken.push_back(key + end);
    }
  }
  std::vector<std::string> names;
  for (const data::IdColumn& id : card.schema.ids) {
    names.push_back(id.name);
    while (std::ranges::contains(taken, names.back())) names.back() += "_";
    taken.push_back(names.back());
  }
  return names;
}

bool has_positive_key(const model::Card& card) {
  switch (card.schema.target.task()) {
    case data::TaskKind::binary:
      return !card.of_photos();
    case data::TaskKind::multiclass:
    case data::TaskKind::regression:
      return false;
  }
  unknown_kind("task", card.schema.target.task());
}

PredictionWriter::PredictionWriter(const model::Card& card, std::string_view model_name,
                                   Spelling json_spelling)
    : id_names_(answered_ids(card)),
      model_(json_text(model_name)),
      positive_key_(has_positive_key(card)),
      number_(card.schema.target.number),
      number_key_(answered_key(card.schema.target, json_spelling)),
      number_name_(answered_key(card.schema.target, Spelling::of_table)) {
  const bool normalised = json_spelling == Spelling::normalised;
  for (const data::Category& one : card.schema.target.classes) {
    class_names_.push_back(one.spelling);
    class_texts_.push_back(json_text(normalised ? one.value : one.spelling));
    class_fields_.push_back(data::csv_field(one.spelling));
  }
  for (const data::Column& column : card.schema.columns) {
    column_names_.push_back(column.name);
    column_texts_.push_back(json_text(normalised ? column.key : column.name));
    scorers_.push_back(column.text);
  }
  const std::string& key = number_key_;
  before_positive_ = json_text(key) + ":";
  before_probability_ = "," + json_text(key + "_probability") + ":";
  before_interval_ = "," + json_text(key + "_interval") + ":[";
}

void PredictionWriter::json(std::string& out, std::span<const float> probabilities, int answer,
                            std::span<const std::string> warnings, const PredictionExtras& extras,
                            RowOfIds ids) const {
  out += '{';
  ids_json(out, ids);
  if (number_) {
    number_json(out, probabilities, extras);
  } else {
    classes_json(out, probabilities, static_cast<std::size_t>(answer), extras);
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

void PredictionWriter::number_json(std::string& out, std::span<const float> outputs,
                                   const PredictionExtras& extras) const {
  const auto [prediction, low, high] = number_of(*number_, outputs, extras);
  out += before_positive_;
  data::append_number(out, prediction);
  if (!number_->has_intervals()) return;
  out += before_interval_;
  data::append_number(out, low);
  out += ',';
  data::append_number(out, high);
  out += ']';
}

void PredictionWriter::classes_json(std::string& out, std::span<const float> probabilities,
                                    std::size_t place, const PredictionExtras& extras) const {
  if (positive_key_) {
    out += before_positive_;
    out += place == 1 ? "true" : "false";
    out += before_probability_;
    data::append_number(out, probabilities[1]);
    out += ",\"label\":";
    out += class_texts_[place];
  } else {
    out += "\"label\":";
    out += class_texts_[place];
    out += ",\"probability\":";
    data::append_number(out, probabilities[place]);
  }
  out += ",\"probabilities\":{";
  for (std::size_t k = 0; k < class_texts_.size(); ++k) {
    if (k > 0) out += ',';
    out += class_texts_[k];
    out += ':';
    data::append_number(out, probabilities[k]);
  }
  out += '}';
  if (extras.set_threshold) {
    out += ",\"set\":[";
    bool first = true;
    for (std::size_t k = 0; k < class_texts_.size(); ++k) {
      if (!reaches(probabilities[k], *extras.set_threshold)) continue;
      if (!first) out += ',';
      out += class_texts_[k];
      first = false;
    }
    out += ']';
  }
}

void PredictionWriter::ids_json(std::string& out, RowOfIds ids) const {
  for (std::size_t i = 0; i < id_names_.size() && ids.rows != nullptr; ++i) {
    const data::IdValue& id = ids.rows->ids[i][ids.row];
    out += json_text(id_names_[i]) + ":" +
           (id.text.empty() ? "null"
            : id.number     ? id.text
                            : json_text(id.text)) +
           ",";
  }
}

void PredictionWriter::csv_ids(std::string& out, const data::Table& rows, std::size_t row) const {
  for (const std::vector<data::IdValue>& values : rows.ids) {
    out += data::csv_field(values[row].text) + ",";
  }
}

void PredictionWriter::add_explanation(std::string& out, const Contributions& all, std::size_t row,
                                       int answer) const {
  const std::size_t of = positive_key_ ? 1 : static_cast<std::size_t>(answer);
  const std::size_t target = all.targets == 1 ? 0 : of;
  const double* values = all.of(row, target);
  std::vector<std::size_t> order(all.columns);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater{},
                           [&](std::size_t i) { return std::abs(values[i]); });
  out.pop_back();
  out += ",\"explanation\":{\"of\":";
  out += number_ ? json_text(number_key_) : class_texts_[of];
  if (number_ && number_->link != data::Link::identity) {
    out += ",\"scale\":" + json_text(name_of(number_->link));
  }
  out += ",\"base\":";
  const auto add = [&out](double number) { data::append_number(out, static_cast<float>(number)); };
  add(all.base[target]);
  out += ",\"margin\":";
  add(std::accumulate(values, values + all.columns, all.base[target]));
  out += ",\"contributions\":{";
  for (std::size_t k = 0; k < order.size(); ++k) {
    if (k > 0) out += ',';
    out += column_texts_[order[k]];
    out += ':';
    add(values[order[k]]);
  }
  out += "}";
  if (!number_) add_points(out, all, row, of, order);
  add_words(out, all, row, of);
  out += "}}";
}

void PredictionWriter::add_points(std::string& out, const Contributions& all, std::size_t row,
                                  std::size_t of, std::span<const std::size_t> order) const {
  std::vector<double> margins = all.base;
  std::vector<double> probabilities(class_texts_.size());
  const auto probability = [&] {
    write_probabilities(all.link, margins.data(), probabilities.size(), probabilities.data());
    return probabilities[of];
  };
  double before = probability();
  out += ",\"base_probability\":";
  data::append_number(out, static_cast<float>(before));
  out += ",\"points\":{";
  const char* comma = "";
  for (const std::size_t column : order) {
    for (std::size_t k = 0; k < all.targets; ++k) margins[k] += all.of(row, k)[column];
    const double now = probability();
    out += std::exchange(comma, ",") + column_texts_[column] + ":";
    data::append_number(out, static_cast<float>(now - before));
    before = now;
  }
  out += '}';
}

void PredictionWriter::add_words(std::string& out, const Contributions& all, std::size_t row,
                                 std::size_t of) const {
  const char* before = ",\"words\":{";
  for (const Contributions::ColumnTexts& one : all.texts) {
    const data::TextScorer& scorer = *scorers_[one.column];
    out += std::exchange(before, ",") + column_texts_[one.column] + ":{";
    const char* comma = "";
    const std::size_t output = scorer.outputs() == 1 ? 0 : of;
    for (const data::TextPart& part : scorer.explain(one.texts[row], output, kMostWords)) {
      out += std::exchange(comma, ",") + json_text(part.text) + ":";
      data::append_number(out, static_cast<float>(part.value));
    }
    out += '}';
  }
  if (!all.texts.empty()) out += '}';
}

void PredictionWriter::add_explanation(std::string& out, std::span<const float> occlusion_scores,
                                       int answer) const {
  const auto side = static_cast<std::size_t>(std::lround(std::sqrt(occlusion_scores.size())));
  out.pop_back();
  out += ",\"explanation\":{\"of\":";
  out += class_texts_[static_cast<std::size_t>(answer)];
  out += ",\"method\":\"occlusion\",\"drops\":[";
  for (std::size_t i = 0; i < occlusion_scores.size(); ++i) {
    out += i % side > 0 ? "," : i > 0 ? "],[" : "[";
    data::append_number(out, occlusion_scores[i]);
  }
  out += "]]}}";
}

void PredictionWriter::add_explanation_csv(std::string& out, const Contributions& all,
                                           std::size_t row, int answer) const {
  const std::size_t target = all.targets == 1 ? 0 : static_cast<std::size_t>(answer);
  out.pop_back();  // the line's end
  const auto add = [&out](double number) {
    out += ',';
    data::append_number(out, static_cast<float>(number));
  };
  add(all.base[target]);
  const double* values = all.of(row, target);
  std::for_each(values, values + all.columns, add);
  out += '\n';
}

std::vector<std::string> PredictionWriter::csv_names(bool with_set, bool explained) const {
  std::vector<std::string> names{"label"};
  if (number_) names = {number_name_};
  if (number_ && number_->has_intervals()) {
    names.insert(names.end(), {number_name_ + "_low", number_name_ + "_high"});
  }
  for (const std::string& name : class_names_) names.push_back("probability_" + name);
  if (with_set) names.emplace_back("set");
  if (explained) {
    names.emplace_back("base");
    for (const std::string& name : column_names_) names.push_back("contribution_" + name);
  }
  return names;
}

std::string PredictionWriter::csv_header(bool with_set, bool explained) const {
  std::vector<std::string> names = id_names_;
  std::ranges::move(csv_names(with_set, explained), std::back_inserter(names));
  std::string line;
  for (const std::string& name : names) line += (line.empty() ? "" : ",") + data::csv_field(name);
  return line + "\n";
}

void PredictionWriter::csv(std::string& out, std::span<const float> probabilities, int answer,
                           const PredictionExtras& extras) const {
  if (number_) {
    const auto [prediction, low, high] = number_of(*number_, probabilities, extras);
    data::append_number(out, prediction);
    for (const float end : {low, high}) {
      if (!number_->has_intervals()) break;
      out += ',';
      data::append_number(out, end);
    }
    out += '\n';
    return;
  }
  out += class_fields_[static_cast<std::size_t>(answer)];
  for (const float p : probabilities) {
    out += ',';
    data::append_number(out, p);
  }
  if (extras.set_threshold) {
    std::string set;
    for (std::size_t k = 0; k < class_names_.size(); ++k) {
      if (reaches(probabilities[k], *extras.set_threshold))
        set += (set.empty() ? "" : "|") + class_names_[k];
    }
    out += "," + data::csv_field(set);
  }
  out += '\n';
}

}  // namespace vitrine::engine
