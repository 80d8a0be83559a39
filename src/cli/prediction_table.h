// Predictions for people: what `predict` prints on a terminal.
#pragma once

#include <span>
#include <string>

namespace vitrine::cli {

/// The first 20 predictions as lines of aligned columns, from CSV pieces as app::BatchPredictor
/// gives them: the header, then lines. Of more than three classes only the probability of the
/// predicted one is shown; of contributions the three largest. The first `leading` columns are ids
/// or files.
std::string prediction_table(std::span<const std::string> csv, std::size_t leading);

}  // namespace vitrine::cli
