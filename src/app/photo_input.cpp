#include "app/photo_input.h"

#include <algorithm>
#include <iostream>
#include <iterator>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "data/image/photo_folder.h"
#include "data/image/resize.h"
#include "engine/occlusion.h"

namespace vitrine::app {
namespace {

constexpr std::size_t kBatch = 64;

PhotoPrediction predict_path(const engine::ImagePredictor& predictor,
                             const std::filesystem::path& path, bool explain) {
  PhotoPrediction out;
  try {
    std::string piped;
    std::optional<MappedFile> file;
    if (path == "-") {
      piped.assign(std::istreambuf_iterator<char>(std::cin), {});
    } else {
      file.emplace(path);
    }
    out = predict_photo(predictor, file ? file->text() : piped, path.string(), explain);
  } catch (const Error& error) {
    if (error.kind == ErrorKind::bad_model) throw;
    out.fault = error.message;
    out.hint = error.hint;
  }
  out.path = path;
  return out;
}

}  // namespace

PhotoPrediction predict_photo(const engine::ImagePredictor& predictor, std::string_view bytes,
                              const std::string& where, bool explain) {
  const data::DecodedImage decoded = data::decode_image(bytes, where);
  PhotoPrediction out = predict_photo(predictor, decoded.image, explain);
  if (decoded.truncated) out.warnings.emplace_back(data::kTruncatedWarning);
  return out;
}

PhotoPrediction predict_photo(const engine::ImagePredictor& predictor, const data::Image& image,
                              bool explain) {
  PhotoPrediction out;
  const data::Resize& resize = predictor.resize();
  data::Image small = data::resized(image, resize);
  if (explain) small.pixels = engine::with_occlusions(small.pixels, resize.width, resize.height);
  engine::Predictions answer =
      predictor.predict_pixels(small.pixels, explain ? engine::kOcclusions + 1 : 1);
  if (explain) {
    out.occlusion_scores = engine::occlusion_scores(answer);
    answer.drop_last(engine::kOcclusions);
  }
  out.answer = answer.predicted[0];
  out.probabilities = std::move(answer.probabilities);
  return out;
}

std::vector<std::filesystem::path> photo_paths(const std::vector<std::string>& inputs) {
  std::vector<std::filesystem::path> paths;
  for (const std::string& input : inputs) {
    if (input != "-" && (std::filesystem::is_directory(input) || data::are_photos(input))) {
      std::ranges::move(data::photos_below(input), std::back_inserter(paths));
    } else {
      paths.emplace_back(input);
    }
  }
  return paths;
}

void predict_photos(const engine::ImagePredictor& predictor,
                    const std::vector<std::filesystem::path>& paths, bool explain,
                    const std::function<void(const PhotoPrediction&)>& write) {
  for (std::size_t begin = 0; begin < paths.size(); begin += kBatch) {
    std::vector<PhotoPrediction> answers(std::min(kBatch, paths.size() - begin));
    parallel_for(answers.size(), [&](std::size_t i) {
      answers[i] = predict_path(predictor, paths[begin + i], explain);
    });
    for (const PhotoPrediction& one : answers) write(one);
  }
}

}  // namespace vitrine::app
