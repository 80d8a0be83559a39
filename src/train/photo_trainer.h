// From a folder of photos to a model file, by transfer learning.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "train/table_trainer.h"

namespace vitrine {

struct PhotoTrainOptions {
  std::filesystem::path data;
  /// Chooses strength and temperature; without it every fifth photo of a class does.
  std::optional<std::filesystem::path> validation;
  std::optional<std::filesystem::path> test;  ///< judges alone
  std::filesystem::path backbone;
  std::string normalisation = "auto";  ///< or the name of a known one
  Fit fit = Fit::crop;
  std::uint64_t seed = 1;
  Json given = Json::object();
};

/// Frozen: every photo goes through the backbone once a view (cached on disk), a
/// softmax head is fitted, its strength and temperature chosen on validation
/// photos; figures are cross-fitted, so that no photo both chooses and reports.
/// Throws Error.
TrainedModel train_photos(const PhotoTrainOptions& options, const Progress& progress);

}  // namespace vitrine
