// Photos as the input of `predict` and `evaluate`.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/image_predictor.h"

namespace vitrine::app {

/// The photos that `inputs` name: files, all photos below folders, or standard input (`-`). Throws
/// Error(bad_input) for a folder that can't be read.
std::vector<std::filesystem::path> photo_paths(const std::vector<std::string>& inputs);

/// The prediction for one photo, or why there is none.
struct PhotoPrediction {
  std::filesystem::path path;
  std::string fault;  ///< why the photo can't be used; empty: it was predicted
  std::string hint;
  std::vector<std::string> warnings;
  int answer = 0;  ///< the predicted class
  std::vector<float> probabilities;
  std::vector<float> occlusion_scores;  ///< with `explain`: see engine::occlusion_scores()
};

/// Predicts one photo: the bytes of a file (`where` names it in errors), or a decoded image of any
/// size. `explain`: also computes occlusion scores, which takes about fifty times as long. Throws
/// Error: malformed, bad_input, bad_model.
PhotoPrediction predict_photo(const engine::ImagePredictor& predictor, std::string_view bytes,
                              const std::string& where, bool explain);
PhotoPrediction predict_photo(const engine::ImagePredictor& predictor, const data::Image& image,
                              bool explain);

/// Predicts photos on all cores and calls `write` for each in the order of `paths`, on the calling
/// thread. At most 64 photos are in memory at a time. Throws Error(bad_model); other faults of a
/// photo are in its PhotoPrediction.
void predict_photos(const engine::ImagePredictor& predictor,
                    const std::vector<std::filesystem::path>& paths, bool explain,
                    const std::function<void(const PhotoPrediction&)>& write);

}  // namespace vitrine::app
