// Turns the exceptions of the command line parser into errors of three parts.
#pragma once

#include <CLI/CLI.hpp>

#include "base/error.h"

namespace vitrine::cli {

/// The error for a verb that does not exist: names the verb that was probably meant.
Error unknown_verb(const CLI::App& app, const std::string& word);

/// The error for what CLI11 refused. `program` is the name of the program as typed.
Error usage_error(const CLI::App& app, const CLI::ParseError& problem, const std::string& program);

}  // namespace vitrine::cli
