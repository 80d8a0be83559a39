#include "train/table/tree_choice.h"

#include <algorithm>

#include "data/table/split.h"

namespace vitrine::train {

double least_hessian(const TrainingRows& rows) {
  return std::clamp(static_cast<double>(rows.table.rows) / 400, 1.0, 10.0);
}

std::vector<std::uint32_t> rows_to_fit(std::span<const std::uint8_t> fold, FitRows rows) {
  std::vector<std::uint32_t> out;
  for (std::size_t row = 0; row < fold.size(); ++row) {
    if (rows == FitRows::all || fold[row] != data::kTestFold) {
      out.push_back(static_cast<std::uint32_t>(row));
    }
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
