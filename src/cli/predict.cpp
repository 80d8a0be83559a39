// vitrine predict: predictions for rows or photos of files or standard input.
#include <unistd.h>

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
#include "cli/prediction_table.h"
#include "cli/table_options.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "data/table/format_modules.h"
#include "data/table/table_name.h"
#include "model/model_file.h"

namespace vitrine::cli {
namespace {

struct PredictArguments {
  app::BatchPredictionOptions answers;
  std::vector<std::string> inputs;
  std::string format;  ///< empty: not given
  std::string output;
  std::optional<std::string> shard;
};

bool reads_photos(const PredictArguments& arguments) {
  return model::read_model(arguments.answers.model).of_photos();
}

/// On a terminal, a person reads; explanations of photos are maps, which stay JSON.
bool writes_table(const PredictArguments& arguments) {
  return ::isatty(STDOUT_FILENO) == 1 && arguments.format.empty() && arguments.output.empty() &&
         !arguments.shard && !arguments.answers.append;
}

bool writes_csv(const PredictArguments& arguments) {
  if (writes_table(arguments)) return !arguments.answers.explain || !reads_photos(arguments);
  if (data::is_database_address(arguments.output)) return true;
  if (!arguments.format.empty()) return arguments.format == "csv";
  return lower_ascii(arguments.output).ends_with(".csv");
}

/// An output that is a table of a database.
void check_address(const PredictArguments& arguments) {
  const std::string shown = data::without_password(arguments.output);
  if (arguments.shard) {
    throw Error(ErrorKind::usage, "--shard writes a file for each result", shown,
                "name a folder by -o, or leave out --shard");
  }
  const auto options = data::divided_address(arguments.output).options;
  const auto is_table = [](const std::string& option) { return option.starts_with("table="); };
  if (std::ranges::any_of(options, is_table)) return;
  throw Error(ErrorKind::usage, "the address names no table to write to", shown, "add ?table=NAME");
}

void predict(const PredictArguments& arguments) {
  // With --shard, an input that can't be used leaves the result incomplete: an error. Without, a
  // skipped photo is a warning.
  const app::BatchPredictor answering(
      arguments.answers, terminal_observer("photo", arguments.shard ? "error" : "warning"));
  if (arguments.shard && arguments.answers.append) {
    throw Error(ErrorKind::usage, "--append can't be used with --shard", "--append",
                "leave out one of them");
  }
  const bool to_database = data::is_database_address(arguments.output);
  if (to_database) check_address(arguments);
  if (arguments.shard) {
    return app::predict_shard(answering, arguments.answers, app::read_shard(*arguments.shard),
                              arguments.inputs, arguments.output);
  }
  if (!arguments.output.empty() && !to_database) {
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
  if (to_database) {
    data::RowsToWrite rows = answering.columns_of(out.front());
    rows.csv = std::span(out).subspan(1);
    if (answering.of_photos()) {  // its header and lines are one text
      out.front().erase(0, out.front().find('\n') + 1);
      rows.csv = std::span(out).first(1);
    }
    data::write_database(arguments.output, rows);
  } else if (arguments.answers.csv && writes_table(arguments)) {
    std::cout << prediction_table(out, answering.leading_columns());
  } else if (arguments.output.empty()) {
    for (const std::string& text : out) std::cout << text;
  } else {
    const char* written = written_word(arguments.output, "wrote");
    write_file_atomically(arguments.output, std::vector<std::string_view>(out.begin(), out.end()));
    if (std::filesystem::is_regular_file(arguments.output)) {  // not /dev/null
      std::cerr << written << " " << arguments.output << "\n";
    }
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
  verb->add_option(
          "--format", arguments->format,
          "Output format: json (one line per row or photo) or csv; default: csv if the name "
          "of the output ends in .csv, a table for people on a terminal, else json")
      ->check(CLI::IsMember({"json", "csv"}));
  verb->add_option("-o,--output", arguments->output,
                   "The file to write; with --shard a folder; or a table of a database, such as "
                   "postgresql://USER@HOST/NAME?table=answers or sqlite:FILE?table=answers, in "
                   "which predictions of the same ids are replaced; default: standard output");
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
    arguments->answers.csv = writes_csv(*arguments);
    predict(*arguments);
  });
}

}  // namespace vitrine::cli
