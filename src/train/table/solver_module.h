// LIBLINEAR is in the module lib/vitrine/libvitrine-learn.so, which is loaded when it is needed: it
// links OpenBLAS, whose initialisation would delay predictions.
#pragma once

#include <span>

#include "train/table/logistic.h"

namespace vitrine::train {

/// The functions of the module.
struct SolverEntryPoints {
  /// See fit_liblinear().
  Weights (*fit_liblinear)(const Design& design, std::span<const std::uint8_t> positive,
                           const RowChoice& rows, double c, double tolerance);
};

/// Loads the module at the first call. Thread-safe. Throws Error(failed).
const SolverEntryPoints& solver_entry_points();

}  // namespace vitrine::train
