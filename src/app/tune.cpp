#include "app/tune.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <iterator>

#include "app/photo_input.h"
#include "app/row_input.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "data/table/table_name.h"
#include "data/table/value.h"
#include "engine/predictor.h"
#include "model/table_graph.h"
#include "net/signature.h"

namespace vitrine::app {
namespace {

/// The probabilities of the positive class for unlabelled data.
std::vector<float> positive_probabilities(const model::ModelFile& file,
                                          const TuneOptions& options) {
  std::vector<float> out;
  const auto take = [&](std::span<const float> probabilities) {
    for (std::size_t i = 1; i < probabilities.size(); i += 2) out.push_back(probabilities[i]);
  };
  if (file.of_photos()) {
    const engine::ImagePredictor predictor(file);
    predict_photos(predictor, photo_paths(options.data), /*explain=*/false,
                   [&](const PhotoPrediction& one) {
                     if (one.fault.empty()) take(one.probabilities);
                   });
    return out;
  }
  const auto predictor = engine::open_predictor(file);
  std::vector<data::Warning> warnings;
  for (const data::TableName& name : data::tables_named(options.data, warnings)) {
    const auto input = open_input(name, options.file);
    take(
        predictor->predict(read_rows(file.card->schema, *input, options.file).table).probabilities);
  }
  return out;
}

/// The threshold from which at most `capacity` of the cases are predicted positive: the probability
/// of the last case that is. Cases of equal probability are decided alike, so fewer may be
/// positive.
double threshold_of_capacity(std::vector<float> scores, std::size_t capacity) {
  std::ranges::sort(scores, std::ranges::greater{});
  if (capacity == 0 || capacity >= scores.size()) {
    throw Error(ErrorKind::usage,
                "a capacity of " + with_commas(capacity) + " does not divide the data (" +
                    counted(scores.size(), "case") + ")",
                "--capacity", "give a smaller number above 0, or more data");
  }
  std::size_t last = capacity;  // cases before it are positive
  while (last > 0 && scores[last - 1] == scores[capacity]) --last;
  const double threshold = last == 0 ? 1 : static_cast<double>(scores[last - 1]);
  if (last == 0 || !(threshold > 0 && threshold < 1)) {
    const auto equal = static_cast<std::size_t>(std::ranges::count(scores, scores[capacity]));
    throw Error(ErrorKind::bad_input,
                "no threshold gives so few: " + counted(equal, "case") + " share the probability " +
                    data::number_text(scores[capacity]),
                "--capacity", "give a larger number");
  }
  return threshold;
}

/// Removes from metrics (the card's, by kind) what depends on the decision threshold.
void remove_decisions(Json& metrics) {
  for (const char* kind : model::kFigureKinds) {
    if (!metrics.contains(kind)) continue;
    Json& figures = metrics[kind];
    for (const char* key : {"accuracy", "f1_macro"}) {
      figures.erase(key);
      figures.erase(std::string(key) + "_ci95");
      if (figures.contains("baseline")) figures["baseline"].erase(key);
    }
    figures.erase("confusion");
    figures.erase("classes");
  }
}

void require_two_classes(const data::Target& target, const std::string& where) {
  switch (target.task()) {
    case data::TaskKind::binary:
      return;
    case data::TaskKind::multiclass:
    case data::TaskKind::regression:
      throw Error(
          ErrorKind::bad_input,
          "a threshold needs two classes, and the target '" + target.name + "' does not have two",
          where, "only models of two classes have a threshold");
  }
}

}  // namespace

double threshold_of_cost(const std::string& text) {
  std::optional<double> positive;
  std::optional<double> negative;
  const std::size_t comma = std::min(text.find(','), text.size());
  for (const std::string_view part :
       {std::string_view(text).substr(0, comma),
        std::string_view(text).substr(std::min(comma + 1, text.size()))}) {
    const std::string_view cost = trimmed(part);
    if (cost.starts_with("fp=") && !positive) positive = data::parse_number(cost.substr(3));
    if (cost.starts_with("fn=") && !negative) negative = data::parse_number(cost.substr(3));
  }
  const std::string hint =
      "write --cost fp=1,fn=5: what a false positive costs and what a false negative costs, in any "
      "unit";
  if (!positive || !negative) {
    throw Error(ErrorKind::usage, "'" + shown(text) + "' does not name two costs", "--cost", hint);
  }
  constexpr double kLargestRatio = 1e6;
  const double share = *positive / (*positive + *negative);
  if (!(*positive > 0 && *negative > 0 && share > 1 / kLargestRatio &&
        share < 1 - 1 / kLargestRatio)) {
    throw Error(ErrorKind::usage,
                "the costs '" + shown(text) +
                    "' are not both above 0, or one is over a million times "
                    "the other",
                "--cost", hint);
  }
  return share;
}

std::optional<double> threshold_of_text(const std::string& text) {
  const auto number = data::parse_number(text);
  return number && *number > 0 && *number < 1 ? number : std::nullopt;
}

TuneResult tune_model(const TuneOptions& options) {
  const model::ModelFile file = model::read_model(options.model);
  if (!file.card) {
    throw Error(ErrorKind::bad_model, "the file has no card: Vitrine did not write it",
                options.model, "tune a file that 'vitrine train' or 'vitrine import' wrote");
  }
  if (options.decides()) require_two_classes(file.card->schema.target, options.model);
  if (options.about) model::check_about(*options.about, "--about");
  TuneResult out;
  out.output = options.output.empty() ? options.model : options.output;
  out.replaced = std::filesystem::exists(out.output);
  if (out.output != options.model) {
    std::vector<std::string> inputs{options.model};
    if (!file.of_photos()) {
      std::ranges::move(data::files_named(options.data), std::back_inserter(inputs));
    }
    check_writable(out.output, inputs);
  }
  model::Card card = *file.card;
  out.before = card.threshold;
  std::vector<float> scores;
  if (!options.data.empty()) scores = positive_probabilities(file, options);
  if (options.about) card.about = *options.about;
  if (options.decides()) {
    card.threshold = options.threshold ? *options.threshold
                                       : threshold_of_capacity(scores, options.capacity.value());
  }
  out.threshold = card.threshold;
  out.cases = scores.size();
  out.positive = static_cast<std::size_t>(std::ranges::count_if(
      scores, [&](float score) { return engine::reaches(score, card.threshold); }));
  if (card.threshold != out.before) remove_decisions(card.metrics);
  if (const auto given = card.training.find("options");
      given != card.training.end() && given->is_object()) {  // for --like
    if (options.about) (*given)["about"] = *options.about;
    if (options.decides() && !card.of_photos()) {
      given->erase("cost");
      (*given)["threshold"] = data::number_text(card.threshold);
    }
  }
  ::onnx::ModelProto graph = model::whole_model(file);
  graph.clear_metadata_props();
  if (options.decides() && !card.of_photos()) model::change_threshold(graph, card.threshold);
  const std::string bytes = model::serialise_model(graph, card);
  model::parse_model(bytes, out.output);  // throws if it could not be opened again
  write_file_atomically(out.output, std::array<std::string_view, 1>{bytes});
  out.unsigned_now = std::filesystem::exists(net::signature_path(out.output));
  return out;
}

}  // namespace vitrine::app
