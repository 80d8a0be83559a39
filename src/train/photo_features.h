// From photos to features: every photo through the backbone, as prediction sees it.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/photo_folder.h"
#include "data/resize.h"
#include "infer/image_predictor.h"
#include "model/backbone.h"
#include "train/feature_cache.h"
#include "train/table_trainer.h"

namespace vitrine {

/// Photos that could be used, in the folder's order, with what the network makes of them.
struct PhotoSet {
  std::vector<std::filesystem::path> paths;
  std::vector<int> labels;
  std::vector<std::size_t> groups;  ///< photos (nearly) alike have one number
  std::vector<PhotoFacts> facts;    ///< of every listed photo, those set aside too
  std::vector<float> features;      ///< [photo * dimensions + i]
};

/// The photos of a folder with labels that are classes of `target`, not yet looked
/// at. Throws Error(bad_input) for a folder that is none of them.
PhotoSet as_set(const PhotoFolder& folder, const Target& target);

/// Reads and decodes every photo, on all cores: fills in what is known, sets aside what
/// can't be used, and answers the median of the photos' shorter sides.
int look_at(PhotoSet& set, const std::string& what, const Progress& progress);

/// The network with its preprocessing, and what it has computed so far. Not to be
/// used by two threads at once: it takes all cores itself.
class FeatureExtractor {
 public:
  /// `where` names the backbone in errors. Throws Error(bad_model).
  FeatureExtractor(const Backbone& backbone, const Normalisation& normalisation, Fit fit,
                   const std::string& where);

  /// Fills `set`, from the cache where it is there; sets aside what can't be used. `what` names the
  /// step to people.
  void extract(PhotoSet& set, const std::string& what, const Progress& progress);

  const onnx::ModelProto& graph() const { return graph_; }
  const Resize& resize() const { return resize_; }
  /// Of the cache, for people.
  std::vector<std::string> problems() const { return cache_.problems(); }

 private:
  std::vector<float> features(const Image& image) const;
  std::vector<float> features_of(std::string_view bytes, PhotoFacts& facts,
                                 const std::string& where);

  onnx::ModelProto graph_;
  std::string bytes_;
  PixelNetwork network_;
  Resize resize_;
  FeatureCache cache_;
  FeatureCache looks_;  ///< of photos, whatever the network
};

/// The candidate whose features tell the classes apart best on a sample: the least
/// log loss of a head fitted on one half and judged on the other, both ways. Features
/// are cached as those of every training are.
/// `report` gets each one's loss. `set` is as as_set gives it. Throws Error(bad_model).
const Normalisation& measure_normalisation(const Backbone& backbone, const PhotoSet& set,
                                           std::size_t classes, Fit fit, const std::string& where,
                                           const Progress& progress, Json& report);

}  // namespace vitrine
