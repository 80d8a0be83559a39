// What trees answer, by the same comparisons as the ONNX graph.
#pragma once

#include <span>
#include <vector>

#include "data/table/table.h"
#include "model/classifier.h"
#include "model/features.h"

namespace vitrine::train {

/// The margins [row][margin]. Uses all cores.
std::vector<float> tree_margins(const model::TreeEnsemble& ensemble,
                                const data::TableSchema& schema, const model::FeatureLayout& layout,
                                const data::Table& table);

/// The probabilities [row][class] of margins: one margin for two classes, else one for each.
std::vector<float> tree_probabilities(std::span<const float> margins, std::size_t classes);

}  // namespace vitrine::train
