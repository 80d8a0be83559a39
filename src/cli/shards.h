// Work that many processes or machines share without talking to each other: `predict --shard I/N`.
#pragma once

#include <string>
#include <vector>

#include "cli/answers.h"

namespace vitrine {

struct Shard {
  std::size_t index = 0;  ///< from 0
  std::size_t count = 1;
};

/// `3/8`, counted from 1, or `2+1/8`, for those who count from 0. Throws Error(usage).
Shard read_shard(const std::string& text);

/// Answers a share of the inputs into the folder `output`. Several tables are shared out file by
/// file, one table row by row, photos one by one. A result's name tells model, options, input and
/// share apart and the file is written whole: one that is there is done, and is not done again.
/// Throws Error once all else is done.
void answer_shard(const Answering& answering, const AnswerOptions& options, Shard shard,
                  const std::vector<std::string>& inputs, const std::string& output);

}  // namespace vitrine
