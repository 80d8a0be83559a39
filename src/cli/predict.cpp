// vitrine predict: predictions for rows or photos of files or standard input.
#include <algorithm>
#include <iostream>
#include <iterator>
#include <memory>

#include "app/batch_prediction.h"
#include "app/photo_input.h"
#include "app/sharded_prediction.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/table_options.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "data/table/table_name.h"

namespace vitrine::cli {
namespace {

struct PredictArguments {
  app::BatchPredictionOptions answers;
  std::vector<std::string> inputs;
  std::string format = "json";
  std::string output;
  std::optional<std::string> shard;
};

void predict(const PredictArguments& arguments) {
  // With --shard, an input that can't be used leaves the result incomplete: an error. Without, a
  // skipped photo is a warning.
  const app::BatchPredictor answering(
      arguments.answers, terminal_observer("photo", arguments.shard ? "error" : "warning"));
  if (arguments.shard && arguments.answers.append) {
    throw Error(ErrorKind::usage, "--append can't be used with --shard", "--append",
                "leave out one of them");
  }
  if (arguments.shard) {
    return app::predict_shard(answering, arguments.answers, app::read_shard(*arguments.shard),
                              arguments.inputs, arguments.output);
  }
  if (!arguments.output.empty()) {
    std::vector<std::string> inputs{arguments.answers.model};
    if (!answering.of_photos()) {
      std::ranges::move(data::files_named(arguments.inputs), std::back_inserter(inputs));
    }
    check_writable(arguments.output, inputs);
  }
  std::vector<std::string> out{answering.header()};
  std::size_t faults = 0;
  if (answering.of_photos()) {
    faults = answering.predict_photos(app::photo_paths(arguments.inputs), out.front()).size();
  } else {
    answering.predict_tables(arguments.inputs, out);
  }
  if (arguments.output.empty()) {
    for (const std::string& text : out) std::cout << text;
  } else {
    write_file_atomically(arguments.output, std::vector<std::string_view>(out.begin(), out.end()));
  }
  if (faults > 0) {
    throw Error(ErrorKind::bad_input, counted(faults, "photo") + " could not be predicted",
                "the warnings above",
                "fix or remove them; the predictions of the others were written");
  }
}

}  // namespace

void add_predict(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("predict", "Predict rows or photos from files or standard input");
  auto arguments = std::make_shared<PredictArguments>();
  verb->add_option("MODEL", arguments->answers.model, "The model file")->required();
  verb->add_option(
          "INPUT", arguments->inputs,
          "Tables (CSV, JSON, Excel, Parquet and others); photos or folders of photos; - reads "
          "standard input")
      ->required();
  verb->add_option("--format", arguments->format,
                   "Output format: json (one line per row or photo) or csv; default: json")
      ->check(CLI::IsMember({"json", "csv"}));
  verb->add_option("-o,--output", arguments->output,
                   "The file to write; with --shard a folder; default: standard output");
  verb->add_option("--shard", arguments->shard,
                   "I/N: process only the I-th of N shares of the inputs, 1/N to N/N (I+1/N if I "
                   "counts from 0); results that exist are skipped");
  verb->add_option("--set", arguments->answers.set,
                   "Photos: also return a prediction set that contains the true class with this "
                   "probability, such as 0.9")
      ->check(CLI::Range(0.5, 0.99));
  verb->add_option("--interval", arguments->answers.interval,
                   "Numbers: the probability with which the prediction interval contains the "
                   "number; default: 0.9")
      ->check(CLI::Range(0.5, 0.99));
  verb->add_flag("--explain", arguments->answers.explain,
                 "Also explain each prediction: contributions of columns, or an occlusion map of a "
                 "photo");
  verb->add_flag("--append", arguments->answers.append,
                 "Tables, with --format csv: write the columns of the input before those of the "
                 "prediction");
  add_file_options(*verb, arguments->answers.file, "Tables: ");
  verb->callback([arguments] {
    arguments->answers.csv = arguments->format == "csv";
    predict(*arguments);
  });
}

}  // namespace vitrine::cli
