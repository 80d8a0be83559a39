// A model's answers about data that holds the truth: what `evaluate` and `compare` judge.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "data/schema.h"
#include "model/model_file.h"

namespace vitrine {

struct Judged {
  std::vector<float> probabilities;  ///< case after case, in the card's order of classes
  std::vector<int> answers;
  std::vector<int> labels;  ///< -1: not known
  std::vector<Warning> warnings;
  /// Tables of 100 rows and more: by column how far they lie from what taught (metrics/drift.h).
  std::vector<std::pair<std::string, double>> drift;
  std::string noun;                                 ///< "rows" or "photos"
  std::function<std::string(std::size_t)> name;     ///< of a case
  std::function<std::string(std::size_t)> picture;  ///< a small JPEG; null for tables
  /// Of a row, the columns that the model leans on most: "tenure=1 · contract=month-to-month"; null
  /// for photos.
  std::function<std::string(std::size_t)> details;
};

/// A photo as reports show it: a small JPEG. Empty where it can't be read.
std::string small_picture(const std::filesystem::path& path);

/// Answers all of `data`: a table with the target column or a folder of one folder of photos a
/// class. Throws Error where nothing can be judged.
Judged judge_data(const ModelFile& file, const std::string& data);

}  // namespace vitrine
