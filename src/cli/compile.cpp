// vitrine compile: measures on photos with which numbers a network may compute, and writes it down.
#include <array>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/inputs.h"
#include "cli/verbs.h"
#include "data/photo_folder.h"
#include "infer/image_predictor.h"
#include "infer/precision_trial.h"

namespace vitrine {
namespace {

struct CompileArguments {
  std::string model;
  std::string data;
  std::string output;
};

/// Photos that can be read, evenly over the folder's list, which goes class by class.
std::vector<PhotoFile> sample_of(const PhotoFolder& folder) {
  const std::size_t step = (folder.photos.size() + kMostTrialPhotos - 1) / kMostTrialPhotos;
  std::vector<PhotoFile> sample;
  for (std::size_t i = 0; i < folder.photos.size(); i += std::max<std::size_t>(1, step)) {
    try {
      read_image(folder.photos[i].path);
      sample.push_back(folder.photos[i]);
    } catch (const Error& error) {
      std::cerr << "warning: " << error.message
                << "\n  where: " << shown(folder.photos[i].path.string(), 200)
                << "\n  mend: " << error.hint << "\n";
    }
  }
  return sample;
}

void compile(const CompileArguments& arguments) {
  const ModelFile file = read_model(arguments.model);
  if (!file.of_photos()) {
    throw Error(ErrorKind::bad_input, "there is nothing to compile: this is no model of photos",
                arguments.model, "tables are compiled whenever a file is opened");
  }
  const std::string output = arguments.output.empty() ? arguments.model : arguments.output;
  if (output != arguments.model) check_writable(output, std::array{arguments.model});
  const auto photos = sample_of(relabelled(list_photos(arguments.data), file.card->schema.target));
  std::vector<int> labels;
  for (const PhotoFile& one : photos) labels.push_back(one.label);
  if (labels.empty()) {
    throw Error(ErrorKind::bad_input, "no photo can be used", arguments.data,
                "name a folder of one folder of photos a class");
  }
  const auto found =
      try_precisions(file, labels, [&](std::size_t i) { return read_image(photos[i].path).image; });
  if (found.trials.empty()) {
    throw Error(ErrorKind::failed,
                "there is nothing to choose: " + ImagePredictor(file, PrecisionChoice{}).engine() +
                    " computes with f32 alone here",
                arguments.model,
                "run it on a machine with AVX-512 VNNI, BF16 or AMX; vitrine doctor "
                "says what this one has");
  }
  Card card = *file.card;
  decide_precision(card, found);
  onnx::ModelProto graph = whole_model(file);
  graph.clear_metadata_props();
  write_file_atomically(output, std::array<std::string_view, 1>{serialise_model(graph, card)});
  for (const PrecisionTrial& trial : found.trials) std::cout << text_of(trial) << "\n";
  std::cout << "saved " << output << ": " << card.precision
            << " where the processor is made for it\nnext: vitrine serve " << output << "\n";
}

}  // namespace

void add_compile(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "compile", "Measure on photos with which numbers a network may compute, and write it down");
  auto arguments = std::make_shared<CompileArguments>();
  verb->add_option("MODEL", arguments->model, "The model file")->required();
  verb->add_option("--data", arguments->data,
                   "Photos that did not teach, one folder a class; at most 1,000 are used")
      ->required();
  verb->add_option("-o,--output", arguments->output, "The file to write; MODEL itself without it");
  verb->callback([arguments] { compile(*arguments); });
}

}  // namespace vitrine
