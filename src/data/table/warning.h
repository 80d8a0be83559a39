// What a user should know about the data, without being an error.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace vitrine::data {

/// A problem in the data, and a hint how to fix it. `code` is stable; programs may rely on it.
struct Warning {
  std::string code;
  std::string message;
  std::string hint;
};

/// Adds a warning about the file `where`. If `strict`, throws Error(bad_input) with its message
/// instead.
void warn_or_refuse(std::vector<Warning>& warnings, Warning warning, bool strict,
                    const std::string& where);

Json to_json(const std::vector<Warning>& warnings);

}  // namespace vitrine::data
