// What `predict` and `evaluate` are asked about, where the model is of photos.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "infer/image_predictor.h"

namespace vitrine {

/// A file, all photos below a folder, or standard input (`-`).
std::vector<std::filesystem::path> photo_paths(const std::vector<std::string>& inputs);

/// What became of one photo.
struct PhotoAnswer {
  std::filesystem::path path;
  std::string fault;  ///< why there is no answer
  std::string hint;
  std::vector<std::string> warnings;
  int answer = 0;
  std::vector<float> probabilities;
};

/// Answers photos in their order, many at a time on all cores; calls `write` for
/// each in order. Only some dozens are in memory at once.
void answer_photos(const ImagePredictor& predictor, const std::vector<std::filesystem::path>& paths,
                   const std::function<void(const PhotoAnswer&)>& write);

}  // namespace vitrine
