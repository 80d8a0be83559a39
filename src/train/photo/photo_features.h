// Computes the features of photos with a backbone, by the same steps as prediction.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/image/photo_folder.h"
#include "data/image/resize.h"
#include "engine/image_predictor.h"
#include "model/backbone.h"
#include "train/photo/feature_cache.h"
#include "train/training_job.h"

namespace vitrine::train {

/// The usable photos of a folder, in its order, with labels and features.
struct PhotoSet {
  std::vector<std::filesystem::path> paths;
  std::vector<int> labels;
  std::vector<std::size_t> groups;      ///< (nearly) identical photos have the same number
  std::vector<data::PhotoFacts> facts;  ///< of all photos in the folder, also unusable ones
  std::vector<float> features;          ///< [photo * dimensions + i]
};

/// The photos of a folder with class indices of `target` as labels; no photo is read yet. Throws
/// Error(bad_input) if a folder's name is not a class.
PhotoSet as_set(const data::PhotoFolder& folder, const data::Target& target);

/// Reads and decodes all photos, on all cores: fills in facts and groups, and removes unusable
/// photos. Returns the median of the photos' shorter sides, in pixels.
int look_at(PhotoSet& set, const std::string& what, const Progress& progress);

/// A backbone with its preprocessing and the cache of its features. Not thread-safe; uses all
/// cores.
class FeatureExtractor {
 public:
  /// `where` names the backbone in errors. Throws Error(bad_model).
  FeatureExtractor(const model::Backbone& backbone, const model::Normalisation& normalisation,
                   data::Fit fit, const std::string& where);

  /// Fills in features, facts and groups of `set`, from the cache if possible, and removes unusable
  /// photos. `what` names the step in progress messages.
  void extract(PhotoSet& set, const std::string& what, const Progress& progress);

  const ::onnx::ModelProto& graph() const { return graph_; }
  const data::Resize& resize() const { return resize_; }
  /// Messages about problems with the cache.
  std::vector<std::string> problems() const { return cache_.problems(); }

 private:
  std::vector<float> features(const data::Image& image) const;
  std::vector<float> features_of(std::string_view bytes, data::PhotoFacts& facts,
                                 const std::string& where);

  ::onnx::ModelProto graph_;
  std::string bytes_;
  engine::PixelNetwork network_;
  data::Resize resize_;
  FeatureCache cache_;
  FeatureCache looks_;  ///< difference hashes, shared by all networks
};

/// The normalisation whose features separate the classes best on a sample of photos: the smallest
/// log loss of a head that is fitted on one half and evaluated on the other, both ways. Features
/// are cached. `report` receives the loss of each normalisation. `set` is the result of as_set().
/// Throws Error(bad_model).
const model::Normalisation& measure_normalisation(const model::Backbone& backbone,
                                                  const PhotoSet& set, std::size_t classes,
                                                  data::Fit fit, const std::string& where,
                                                  const Progress& progress, Json& report);

}  // namespace vitrine::train
