// Callbacks for what a job reports while it runs. The command line prints it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "data/table/schema.h"

namespace vitrine::app {

/// Empty functions are not called. All are called on the thread that runs the job.
struct Observer {
  /// A warning about the whole input.
  std::function<void(const data::Warning& warning)> warning;
  /// One input (a photo, a file) that could not be used; the job goes on.
  std::function<void(const Error& error)> skipped;
  /// `done` of `all` inputs are finished; called after each input.
  std::function<void(std::size_t done, std::size_t all)> progress;
  /// One line of information about the result.
  std::function<void(const std::string& line)> note;

  void warn(const std::vector<data::Warning>& warnings) const {
    if (!warning) return;
    for (const data::Warning& one : warnings) warning(one);
  }
};

}  // namespace vitrine::app
