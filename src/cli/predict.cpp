// vitrine predict: answers for the rows of files or standard input.
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/answers.h"
#include "cli/photo_inputs.h"
#include "cli/shards.h"
#include "cli/verbs.h"

namespace vitrine {
namespace {

struct PredictArguments {
  AnswerOptions answers;
  std::vector<std::string> inputs;
  std::string format = "json";
  std::string output;
  std::optional<std::string> shard;
};

void predict(const PredictArguments& arguments) {
  const Answering answering(arguments.answers);
  if (arguments.shard) {
    return answer_shard(answering, arguments.answers, read_shard(*arguments.shard),
                        arguments.inputs, arguments.output);
  }
  if (!arguments.output.empty()) {
    std::vector<std::string> inputs{arguments.answers.model};
    if (!answering.of_photos()) {
      inputs.insert(inputs.end(), arguments.inputs.begin(), arguments.inputs.end());
    }
    check_writable(arguments.output, inputs);
  }
  std::vector<std::string> out{answering.header()};
  std::size_t faults = 0;
  if (answering.of_photos()) {
    faults = answering.answer_photos(photo_paths(arguments.inputs), out.front()).size();
  } else {
    for (const std::string& input : arguments.inputs) {
      answering.answer_table(input, out);
    }
  }
  if (arguments.output.empty()) {
    for (const std::string& text : out) std::cout << text;
  } else {
    write_file_atomically(arguments.output, std::vector<std::string_view>(out.begin(), out.end()));
  }
  if (faults > 0) {
    throw Error(ErrorKind::bad_input, counted(faults, "photo") + " could not be answered",
                "the warnings above", "mend or remove them; the others were answered");
  }
}

}  // namespace

void add_predict(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("predict", "Answer rows or photos of files or standard input");
  auto arguments = std::make_shared<PredictArguments>();
  verb->add_option("MODEL", arguments->answers.model, "The model file")->required();
  verb->add_option(
          "INPUT", arguments->inputs,
          "CSV tables, JSON objects or arrays, JSON lines; photos and folders of photos; - is "
          "standard input")
      ->required();
  verb->add_option("--format", arguments->format, "json (a line a row) or csv")
      ->check(CLI::IsMember({"json", "csv"}));
  verb->add_option("-o,--output", arguments->output,
                   "A file in place of standard output; with --shard a folder");
  verb->add_option("--shard", arguments->shard,
                   "I/N: the I-th of N shares of the work, 1/N to N/N (or I+1/N from 0); what is "
                   "done is skipped");
  verb->add_option("--set", arguments->answers.set,
                   "Also the classes that hold the truth in this share of cases, as in 0.9")
      ->check(CLI::Range(0.5, 0.99));
  verb->add_flag("--explain", arguments->answers.explain,
                 "Also what each column contributed; of photos, where the network looked");
  verb->callback([arguments] {
    arguments->answers.csv = arguments->format == "csv";
    predict(*arguments);
  });
}

}  // namespace vitrine
