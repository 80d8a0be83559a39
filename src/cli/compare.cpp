// vitrine compare: two models on the same data. A difference is said only where there is one.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "cli/figures.h"
#include "cli/judged.h"
#include "cli/verbs.h"
#include "metrics/classification.h"
#include "metrics/paired.h"

namespace vitrine {
namespace {

struct CompareArguments {
  std::string first;
  std::string second;
  std::string data;
  bool json = false;
};

/// By class of the second model: its place among the first's. Throws where they differ.
std::vector<std::size_t> places_of(const Target& own, const Target& wanted,
                                   const std::string& where) {
  std::vector<std::size_t> places;
  for (const Category& one : own.classes) {
    const auto found = wanted.class_of(one.value);
    if (!found || own.classes.size() != wanted.classes.size()) {
      throw Error(ErrorKind::bad_input, "the models do not tell the same classes apart", where,
                  "compare models of the same target: their classes are " +
                      listed(wanted.class_names()) + ", and " + listed(own.class_names()));
    }
    places.push_back(static_cast<std::size_t>(*found));
  }
  return places;
}

/// The second's answers in the first's order of classes.
void reorder_classes(Judged& second, const std::vector<std::size_t>& places) {
  const std::size_t classes = places.size();
  std::vector<float> turned(second.probabilities.size());
  for (std::size_t i = 0; i < second.probabilities.size(); ++i) {
    turned[i / classes * classes + places[i % classes]] = second.probabilities[i];
  }
  second.probabilities = std::move(turned);
  const auto turn = [&](int& k) {
    if (k >= 0) k = static_cast<int>(places[static_cast<std::size_t>(k)]);
  };
  std::ranges::for_each(second.answers, turn);
  std::ranges::for_each(second.labels, turn);
}

const Card& card_of(const ModelFile& file) {
  if (!file.card) {
    throw Error(ErrorKind::bad_model, "the file has no card: Vitrine did not make it", file.path,
                "compare files that 'vitrine train' saved");
  }
  return *file.card;
}

struct Line {
  const char* key;
  const char* name;
  bool more_is_better;
  double first;
  double second;
  PairedDifference difference;
};

std::vector<Line> lines_of(const Judged& first, const Judged& second, std::size_t classes,
                           const PairedAccuracy& paired) {
  const auto figures = [&](const Judged& one) {
    return evaluate_classifier(one.probabilities, one.answers, one.labels, classes);
  };
  const Evaluation a = figures(first);
  const Evaluation b = figures(second);
  std::vector<Line> out;
  out.push_back(
      {"accuracy", "accuracy", true, a.accuracy.value, b.accuracy.value, paired.accuracy});
  if (classes == 2) {
    const auto scores = [](const Judged& one) {
      std::vector<float> column;
      for (std::size_t i = 1; i < one.probabilities.size(); i += 2)
        column.push_back(one.probabilities[i]);
      return column;
    };
    const auto difference = compare_auc(scores(first), scores(second), first.labels);
    if (difference && a.auc && b.auc)
      out.push_back({"auc", "AUC", true, a.auc->value, b.auc->value, *difference});
  }
  std::vector<double> losses_a, losses_b;
  log_loss(first.probabilities, first.labels, classes, &losses_a);
  log_loss(second.probabilities, second.labels, classes, &losses_b);
  out.push_back({"log_loss", "log loss", false, a.log_loss.value, b.log_loss.value,
                 compare_means(losses_a, losses_b)});
  return out;
}

/// "the second is better", or that nobody can tell.
std::string verdict(const Line& line) {
  if (line.difference.p_value >= 0.05) return "no more than chance";
  const bool second = (line.difference.difference.value > 0) == line.more_is_better;
  return second ? "the second is better" : "the first is better";
}

void compare(const CompareArguments& arguments) {
  const ModelFile first_file = read_model(arguments.first);
  const ModelFile second_file = read_model(arguments.second);
  const Target& target = card_of(first_file).schema.target;
  const auto places = places_of(card_of(second_file).schema.target, target, arguments.second);
  const Judged first = judge_data(first_file, arguments.data);
  Judged second = judge_data(second_file, arguments.data);
  reorder_classes(second, places);
  if (first.labels != second.labels) {
    throw Error(ErrorKind::bad_input, "the models do not take the same cases of this data",
                arguments.data,
                "give data that both can read: warnings of 'vitrine evaluate' say what one of them "
                "passed over");
  }
  const PairedAccuracy paired = compare_accuracy(first.answers, second.answers, first.labels);
  const auto lines = lines_of(first, second, target.classes.size(), paired);
  const auto rows = static_cast<std::size_t>(
      std::ranges::count_if(first.labels, [](int label) { return label >= 0; }));
  if (arguments.json) {
    Json json{{"rows", rows},
              {"only_first_right", paired.only_first},
              {"only_second_right", paired.only_second}};
    for (const Line& line : lines) {
      json[line.key] = {{"first", rounded(line.first)},
                        {"second", rounded(line.second)},
                        {"difference", rounded(line.difference.difference.value)},
                        {"difference_ci95",
                         {rounded(line.difference.difference.ci95.low),
                          rounded(line.difference.difference.ci95.high)}},
                        {"p_value", rounded(line.difference.p_value, 3)},
                        {"verdict", verdict(line)}};
    }
    std::cout << json.dump(2) << "\n";
    return;
  }
  std::cout << "first:  " << arguments.first << "\nsecond: " << arguments.second << "\non "
            << with_commas(rows) << " " << first.noun << " of " << arguments.data
            << "; rightly answered by the first alone " << paired.only_first
            << ", by the second alone " << paired.only_second << "\n\n  " << padded("", 10)
            << "    first   second   difference (95 % interval)\n";
  for (const Line& line : lines) {
    std::cout << fmt::format(
        "  {}  {:7.3f}  {:7.3f}   {:+.3f} ({:+.3f} to {:+.3f})   p = {:.2g}: {}\n",
        padded(line.name, 10), line.first, line.second, line.difference.difference.value,
        line.difference.difference.ci95.low, line.difference.difference.ci95.high,
        line.difference.p_value, verdict(line));
  }
  std::cout << "\naccuracy by McNemar's exact test, AUC by DeLong's, log loss by its mean "
               "difference a case\n";
}

}  // namespace

void add_compare(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("compare", "Judge two models on the same data: is one of them better?");
  auto arguments = std::make_shared<CompareArguments>();
  verb->add_option("FIRST", arguments->first, "A model file")->required();
  verb->add_option("SECOND", arguments->second, "Another one of the same target")->required();
  verb->add_option(
          "DATA", arguments->data,
          "A CSV table with the target column, or a folder of one folder of photos a class")
      ->required();
  verb->add_flag("--json", arguments->json, "For programs");
  verb->callback([arguments] { compare(*arguments); });
}

}  // namespace vitrine
