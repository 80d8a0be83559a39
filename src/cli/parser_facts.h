// What help, manual pages and usage errors read from the command line parser.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace vitrine::cli {

/// The verbs of a program, or of a verb that has some, in the order in which they were added.
std::vector<const CLI::App*> verbs_of(const CLI::App& app);

/// The values in `{a,b}`, as CLI11 writes a fixed set of values into the name of a type and into
/// messages; empty if `text` has none.
std::vector<std::string> values_of(const std::string& text);

/// Removes "Tables: ", "Photos: " or "Numbers: " from the beginning of a description and returns it
/// without the colon; empty if there is none.
std::string take_kind(std::string& description);

}  // namespace vitrine::cli
