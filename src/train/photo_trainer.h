// From a folder of photos to a model file, by transfer learning.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "train/network_job.h"
#include "train/table_trainer.h"

namespace vitrine {

struct PhotoTrainOptions {
  std::filesystem::path data;
  /// Chooses strength and temperature; without it all photos do, each answered by heads that did
  /// not see it. Networks that are trained whole, and very many photos: a fifth of each class does.
  std::optional<std::filesystem::path> validation;
  std::optional<std::filesystem::path> test;  ///< judges alone
  std::filesystem::path backbone;
  std::string normalisation = "auto";  ///< or the name of a known one
  Fit fit = Fit::crop;
  int size = 0;                 ///< pixels a side that the network gets; 0: what it was made for
  bool strict = false;          ///< a file that can't be used is an error
  bool fine_tune = false;       ///< train the whole network, not its head alone
  Recipe recipe;                ///< of the fine-tuning
  double seconds = 0;           ///< for the whole training; 0: no limit
  std::string device = "auto";  ///< auto, cpu or cuda
  bool coarser = true;          ///< try bf16, and let the card choose it
  std::filesystem::path checkpoint;  ///< where fine-tuning keeps what it has done
  bool resume = false;               ///< go on from the checkpoint
  std::uint64_t seed = 1;
  Json given = Json::object();
};

/// Frozen: every photo goes through the backbone once (cached on disk), a
/// softmax head is fitted, its strength and temperature chosen on photos that it did not see.
/// Fine-tuned: the network is then trained whole from there, and kept where it answers no fewer
/// validation photos rightly. Figures are cross-fitted, so that no photo both chooses and reports.
/// Throws Error.
TrainedModel train_photos(const PhotoTrainOptions& options, const Progress& progress);

}  // namespace vitrine
