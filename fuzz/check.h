// What every fuzz target asks of an error.
#pragma once

#include <cstdlib>

#include "base/error.h"

namespace vitrine::fuzz {

/// Calls `work`, which may throw an Error: with all three parts, else the target aborts. Any other
/// exception leaves it, which ends the target too.
template <typename Work>
void check(Work work) {
  try {
    work();
  } catch (const Error& error) {
    if (error.message.empty() || error.where.empty() || error.hint.empty()) std::abort();
  }
}

}  // namespace vitrine::fuzz
