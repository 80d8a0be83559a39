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
struct PhotoPrediction {
  std::filesystem::path path;
  std::string fault;  ///< why there is no answer
  std::string hint;
  std::vector<std::string> warnings;
  int answer = 0;
  std::vector<float> probabilities;
  std::vector<float> drops;  ///< where it is to be explained: see occlusion_drops()
};

/// Answers photos in their order, many at a time on all cores; calls `write` for
/// each in order. Only some dozens are in memory at once. `explain`: finds out where the network
/// looked, too, which takes fifty times as long.
void answer_photos(const ImagePredictor& predictor, const std::vector<std::filesystem::path>& paths,
                   bool explain, const std::function<void(const PhotoPrediction&)>& write);

}  // namespace vitrine
