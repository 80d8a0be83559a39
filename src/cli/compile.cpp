// vitrine compile: measures on photos how fast and how accurate a network is in bf16 and int8, and
// saves the chosen number format in the model file.
#include "app/compile.h"

#include <iostream>
#include <memory>

#include "cli/terminal.h"
#include "cli/verbs.h"

namespace vitrine::cli {
namespace {

void compile(const app::CompileOptions& options) {
  const char* written =
      written_word(options.output.empty() ? options.model : options.output, "saved");
  const app::CompileResult result = app::compile_model(options, terminal_observer("photo"));
  for (const engine::PrecisionTrial& trial : result.trials.trials) {
    std::cout << engine::text_of(trial) << "\n";
  }
  std::cout << written << " " << result.output << "; number format: " << name_of(result.precision)
            << ", on processors that support it\nnext: vitrine serve " << result.output << "\n";
}

}  // namespace

void add_compile(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "compile",
      "Measure an image model in f32, bf16 and int8, and save the fastest accurate number format");
  auto arguments = std::make_shared<app::CompileOptions>();
  verb->add_option("MODEL", arguments->model, "The model file")->required();
  verb->add_option("--data", arguments->data,
                   "Photos that were not used for training: a folder with one subfolder per class; "
                   "at most 1,000 are used")
      ->required();
  verb->add_option("-o,--output", arguments->output,
                   "The model file to write; default: MODEL is replaced");
  verb->callback([arguments] { compile(*arguments); });
}

}  // namespace vitrine::cli
