// vitrine tune: changes the decision threshold or the description of a model.
#include "app/tune.h"

#include <fmt/format.h>

#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "cli/table_options.h"
#include "cli/verbs.h"

namespace vitrine::cli {
namespace {

struct TuneArguments {
  app::TuneOptions options;
  std::string threshold;
  std::string cost;
};

/// Sets the threshold of --threshold or --cost, and checks that one rule was given.
void take_rule(TuneArguments& arguments) {
  app::TuneOptions& options = arguments.options;
  const int rules = static_cast<int>(!arguments.threshold.empty()) +
                    static_cast<int>(!arguments.cost.empty()) +
                    static_cast<int>(options.capacity.has_value());
  if (rules == 0 && options.about && options.data.empty()) return;
  if (rules != 1) {
    throw Error(
        ErrorKind::usage,
        rules == 0 ? "no threshold was given" : "several rules for the threshold were given",
        "the command line",
        "write one of --threshold 0.35, --cost fp=1,fn=5, or --capacity 200 --data DATA; --about "
        "changes the description");
  }
  if (options.capacity.has_value() == options.data.empty()) {
    throw Error(ErrorKind::usage,
                options.data.empty() ? "--capacity needs the cases to choose from"
                                     : "--data is only for --capacity",
                "--data",
                options.data.empty() ? "name a table, or photos: --data DATA"
                                     : "leave it out; 'vitrine evaluate' measures a model");
  }
  if (!arguments.threshold.empty()) {
    options.threshold = app::threshold_of_text(arguments.threshold);
    if (!options.threshold) {
      throw Error(ErrorKind::usage, "'" + shown(arguments.threshold) + "' is not a threshold",
                  "--threshold", "give a probability between 0 and 1, such as 0.35");
    }
  }
  if (!arguments.cost.empty()) options.threshold = app::threshold_of_cost(arguments.cost);
}

void tune(TuneArguments& arguments) {
  take_rule(arguments);
  const app::TuneResult result = app::tune_model(arguments.options);
  const bool decides = arguments.options.decides();
  if (decides) {
    std::cout << fmt::format("threshold: {:.4g}, before {:.4g}\n", result.threshold, result.before);
  }
  if (result.cases > 0) {
    std::cout << with_commas(result.positive) << " of " << counted(result.cases, "case")
              << " are predicted positive\n";
  }
  std::cout << (result.replaced ? "replaced " : "wrote ") << result.output << "\n";
  if (result.threshold != result.before) {
    std::cout
        << "note: accuracy, F1 and the confusion matrix of training were of the old threshold "
           "and were removed from\n  the card; AUC, log loss and calibration do not depend on "
           "it\n";
  }
  if (result.unsigned_now) {
    std::cout
        << "note: the signature beside the file does not fit any more; sign it again: vitrine "
           "sign "
        << result.output << " --key KEY.private.pem\n";
  }
  std::cout << "next: vitrine " << (decides ? "evaluate " : "serve ") << result.output
            << (decides ? " DATA\n" : "\n");
}

}  // namespace

void add_tune(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "tune",
      "Change the decision threshold of a model of two classes, or a model's description, without "
      "training");
  auto arguments = std::make_shared<TuneArguments>();
  verb->add_option("MODEL", arguments->options.model, "The model file")->required();
  verb->add_option("--threshold", arguments->threshold,
                   "The probability from which the positive class is predicted");
  verb->add_option(
      "--cost", arguments->cost,
      "What a false positive and a false negative cost, such as fp=1,fn=5: the threshold "
      "is the one with the lowest expected cost");
  verb->add_option("--capacity", arguments->options.capacity,
                   "Predict the positive class for at most this many of the cases of --data: those "
                   "with the highest probabilities");
  verb->add_option("--data", arguments->options.data,
                   "With --capacity: a table or photos to choose from; labels are not needed");
  verb->add_option("--about", arguments->options.about,
                   "A sentence on what the model predicts, for the web page and reports");
  verb->add_option("-o,--output", arguments->options.output,
                   "The file to write; default: the model file is replaced");
  add_file_options(*verb, arguments->options.file, "Tables: ");
  verb->callback([arguments] { tune(*arguments); });
}

}  // namespace vitrine::cli
