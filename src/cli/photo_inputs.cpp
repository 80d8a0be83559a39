#include "cli/photo_inputs.h"

#include <algorithm>
#include <iostream>
#include <iterator>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "data/photo_folder.h"
#include "data/resize.h"
#include "infer/occlusion.h"

namespace vitrine {
namespace {

constexpr std::size_t kBatch = 64;

PhotoPrediction answer_one(const ImagePredictor& predictor, const std::filesystem::path& path,
                           bool explain) {
  PhotoPrediction out{path};
  try {
    std::string piped;
    std::optional<MappedFile> file;
    if (path == "-") {
      piped.assign(std::istreambuf_iterator<char>(std::cin), {});
    } else {
      file.emplace(path);
    }
    DecodedImage decoded = decode_image(file ? file->text() : piped, path.string());
    if (decoded.truncated) out.warnings.emplace_back(kTruncatedWarning);
    const Resize& resize = predictor.resize();
    Image small = resized(decoded.image, resize);
    if (explain) small.pixels = with_occlusions(small.pixels, resize.width, resize.height);
    Predictions answer = predictor.predict_pixels(small.pixels, explain ? kOcclusions + 1 : 1);
    if (explain) {
      out.drops = occlusion_drops(answer);
      answer.drop_last(kOcclusions);
    }
    out.answer = answer.answers[0];
    out.probabilities = std::move(answer.probabilities);
  } catch (const Error& error) {
    if (error.kind == ErrorKind::bad_model) throw;
    out.fault = error.message;
    out.hint = error.hint;
  }
  return out;
}

}  // namespace

std::vector<std::filesystem::path> photo_paths(const std::vector<std::string>& inputs) {
  std::vector<std::filesystem::path> paths;
  for (const std::string& input : inputs) {
    if (input != "-" && are_photos(input)) {
      std::ranges::move(photos_below(input), std::back_inserter(paths));
    } else {
      paths.emplace_back(input);
    }
  }
  return paths;
}

void answer_photos(const ImagePredictor& predictor, const std::vector<std::filesystem::path>& paths,
                   bool explain, const std::function<void(const PhotoPrediction&)>& write) {
  for (std::size_t begin = 0; begin < paths.size(); begin += kBatch) {
    std::vector<PhotoPrediction> answers(std::min(kBatch, paths.size() - begin));
    parallel_for(answers.size(), [&](std::size_t i) {
      answers[i] = answer_one(predictor, paths[begin + i], explain);
    });
    for (const PhotoPrediction& one : answers) write(one);
  }
}

}  // namespace vitrine
