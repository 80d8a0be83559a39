// Fits the models of free text columns (data::Column::text).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/table/table.h"
#include "train/training_job.h"

namespace vitrine::train {

/// The rows on which texts are learned: those of the folds [0, validation_folds), or with one
/// validation fold the others but kTestFold.
struct TextRows {
  std::span<const std::uint8_t> fold;
  std::size_t validation_folds = 0;
};

/// Sets Column::text of each free text column, a linear model of TF-IDF weights that predicts the
/// target: logistic regression, softmax, or ridge regression. Its strength C is chosen by
/// cross-validation. `table` gets the scores of models that have not seen the row (stacked
/// generalisation, Wolpert 1992): models on top learn from them as from other columns. Later rows
/// are scored by Column::text, which is fitted on all rows. A column whose texts do not predict the
/// target better than chance, by one standard error over the folds, is left out of `schema` and
/// `table`, unless `keep` has its name. Texts are learned on some of the rows, spread evenly, if
/// there are very many. The result does not depend on the number of cores, all of which are used.
void fit_texts(data::TableSchema& schema, data::Table& table, const TextRows& rows,
               const std::vector<std::string>& keep, const Progress& progress);

}  // namespace vitrine::train
