// Batch prediction divided among processes or machines without communication: what
// `predict --shard I/N` does.
#pragma once

#include <string>
#include <vector>

#include "app/batch_prediction.h"

namespace vitrine::app {

struct Shard {
  std::size_t index = 0;  ///< from 0
  std::size_t count = 1;
};

/// Parses `3/8`, counted from 1, or `2+1/8`, for schedulers that count from 0; at most 1,000,000
/// shares. Throws Error(usage).
Shard read_shard(const std::string& text);

/// Predicts a share of the inputs and writes the results into the folder `output`. Several tables
/// are divided by file, a single table by row, photos by photo. The name of a result contains a
/// hash of model, options, input and share, and the file is written atomically: a result that
/// exists is complete and is skipped, so a share can be run again. Photos that can't be used are
/// listed in RESULT.faults. An input that can't be used is reported and does not stop the others;
/// Error(bad_input) is thrown at the end. Throws Error(usage) or Error(failed) at once.
void predict_shard(const BatchPredictor& answering, const BatchPredictionOptions& options,
                   Shard shard, const std::vector<std::string>& inputs, const std::string& output);

}  // namespace vitrine::app
