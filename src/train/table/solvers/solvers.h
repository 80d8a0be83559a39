// The functions of the module; src/train/table/solver_module.h documents them.
#pragma once

#include "train/table/solver_module.h"

namespace vitrine::train {

Weights solve_liblinear(const Design& design, std::span<const std::uint8_t> positive,
                        const RowChoice& rows, double c, double tolerance);

}  // namespace vitrine::train
