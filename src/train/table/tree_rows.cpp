#include "train/table/tree_rows.h"

#include "base/error.h"
#include "base/text.h"
#include "train/table/design.h"

namespace vitrine::train {
namespace {

/// The largest number of dense features: 8 GB of floats.
constexpr std::size_t kMostCells = std::size_t{2} << 30;

}  // namespace

TreeData::TreeData(const TrainingRows& rows, const model::FeatureLayout& layout)
    : rows_(rows), features_(layout.size) {
  if (rows.table.rows * features_ > kMostCells) {
    throw Error(ErrorKind::bad_input,
                "trees would need " + with_commas(rows.table.rows * features_ * 4 >> 20) +
                    " MiB for " + counted(rows.table.rows, "row") + " of " +
                    counted(features_, "feature"),
                "--model trees",
                std::string("use --model ") + (rows.schema.target.number ? "linear" : "logistic") +
                    ", or leave out columns with many categories");
  }
  values_ = dense_features(rows.schema, layout, rows.table);
}

TreeRows TreeData::select(const std::function<bool(std::size_t row)>& wanted,
                          std::span<const float> targets,
                          std::vector<std::uint32_t>* places) const {
  TreeRows out;
  out.features = features_;
  for (std::size_t row = 0; row < rows_.table.rows; ++row) {
    if (!wanted(row)) continue;
    const auto first = values_.begin() + static_cast<std::ptrdiff_t>(row * features_);
    out.values.insert(out.values.end(), first, first + static_cast<std::ptrdiff_t>(features_));
    out.labels.push_back(rows_.table.labels[row]);
    if (!targets.empty()) out.targets.push_back(targets[row]);
    if (places != nullptr) places->push_back(static_cast<std::uint32_t>(row));
  }
  return out;
}

std::vector<TreeFold> TreeData::folds(std::span<const std::uint8_t> fold, std::size_t count,
                                      std::span<const float> targets) const {
  std::vector<TreeFold> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    out[i].train = select(
        [&](std::size_t row) { return fold[row] != i && fold[row] != data::kTestFold; }, targets);
    out[i].validation =
        select([&](std::size_t row) { return fold[row] == i; }, targets, &out[i].validation_places);
  }
  return out;
}

Json learning_curve(const TreeTrial& trial) {
  Json losses = Json::array();
  for (const double loss : trial.losses) losses.push_back(rounded(loss, 5));
  return {{"step", "round"}, {"validation_loss", losses}, {"chosen", trial.rounds}};
}

Json tree_settings(const TreeOptions& options, int rounds) {
  Json json{{"trees", rounds},
            {"depth", options.depth},
            {"learning_rate", options.learning_rate},
            {"row_share", options.row_share},
            {"column_share", options.column_share}};
  if (options.leaves > 0) json["leaves"] = options.leaves;
  return json;
}

}  // namespace vitrine::train
