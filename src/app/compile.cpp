#include "app/compile.h"

#include <array>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "data/image/photo_folder.h"
#include "engine/image_predictor.h"
#include "model/model_file.h"

namespace vitrine::app {
namespace {

/// At most kMostTrialPhotos photos that can be read, at equal steps of the folder's list, which is
/// sorted by class.
std::vector<data::PhotoFile> sample_of(const data::PhotoFolder& folder, const Observer& observer) {
  const std::size_t step =
      (folder.photos.size() + engine::kMostTrialPhotos - 1) / engine::kMostTrialPhotos;
  std::vector<data::PhotoFile> sample;
  for (std::size_t i = 0; i < folder.photos.size(); i += std::max<std::size_t>(1, step)) {
    try {
      data::read_image(folder.photos[i].path);
      sample.push_back(folder.photos[i]);
    } catch (const Error& error) {
      if (observer.skipped) {
        observer.skipped(error.at(shown(folder.photos[i].path.string(), 200)));
      }
    }
  }
  return sample;
}

}  // namespace

CompileResult compile_model(const CompileOptions& options, const Observer& observer) {
  const model::ModelFile file = model::read_model(options.model);
  if (!file.of_photos()) {
    throw Error(ErrorKind::bad_input, "only models for photos can be compiled", options.model,
                "models for tables need no compile step: they are compiled when they are opened");
  }
  const std::string output = options.output.empty() ? options.model : options.output;
  if (output != options.model) check_writable(output, std::array{options.model});
  const auto photos = sample_of(
      data::relabelled(data::list_photos(options.data), file.card->schema.target), observer);
  std::vector<int> labels;
  for (const data::PhotoFile& one : photos) labels.push_back(one.label);
  if (labels.empty()) {
    throw Error(ErrorKind::bad_input, "no photo can be used", options.data,
                "name a folder with one subfolder of photos per class");
  }
  const auto found = engine::try_precisions(
      file, labels, [&](std::size_t i) { return data::read_image(photos[i].path).image; });
  if (found.trials.empty()) {
    throw Error(ErrorKind::failed,
                "there is nothing to choose: " +
                    engine::ImagePredictor(file, engine::PrecisionChoice{}).engine() +
                    " supports only f32 on this machine",
                options.model,
                "run it on a machine with AVX-512 VNNI, BF16 or AMX; vitrine doctor "
                "shows what this machine supports");
  }
  model::Card card = *file.card;
  engine::decide_precision(card, found);
  ::onnx::ModelProto graph = model::whole_model(file);
  graph.clear_metadata_props();
  write_file_atomically(output,
                        std::array<std::string_view, 1>{model::serialise_model(graph, card)});
  return {output, found, card.precision};
}

}  // namespace vitrine::app
