// Trains an image classifier from a folder of photos: by transfer learning, or from scratch.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "train/network_job.h"
#include "train/training_job.h"

namespace vitrine::train {

struct PhotoTrainOptions {
  std::filesystem::path data;
  /// The photos for choosing regularisation and temperature. Without it all photos are used, with
  /// cross-fitting; for training whole networks, and with very many photos, a fifth of each class.
  std::optional<std::filesystem::path> validation;
  std::optional<std::filesystem::path> test;  ///< only for evaluation
  std::filesystem::path backbone;             ///< empty: train a small network from scratch
  std::string normalisation = "auto";         ///< or a name of known_normalisations()
  data::Fit fit = data::Fit::crop;
  int size = 0;                      ///< input size in pixels; 0: that of the network
  bool strict = false;               ///< an unusable file is an error
  bool fine_tune = false;            ///< train the whole network, not only its head
  Recipe recipe;                     ///< for fine-tuning and training from scratch
  double seconds = 0;                ///< time limit for the whole training; 0: none
  std::string device = "auto";       ///< auto, cpu or cuda
  bool coarser = true;               ///< try bf16 and int8
  std::filesystem::path checkpoint;  ///< file for the state of the network's training; empty: none
  bool resume = false;               ///< continue from the checkpoint
  std::uint64_t seed = 1;
  std::string about;     ///< Card::about
  bool examples = true;  ///< keep a thumbnail of a photo of each class in the card
  Json given = Json::object();
};

/// Trains an image classifier. Frozen: the features of every photo are computed once (and cached on
/// disk), and a softmax head is fitted; its regularisation and temperature are chosen on held-out
/// photos. Fine-tuned: the whole network is then trained further, and kept if it predicts at least
/// as many validation photos correctly. Metrics are cross-fitted. The saved bytes are reopened and
/// compared with the trained network. Uses all cores. Throws Error.
TrainedModel train_photos(const PhotoTrainOptions& options, const Progress& progress);

}  // namespace vitrine::train
