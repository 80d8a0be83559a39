// The command line, written down: manual pages and what shells complete. Made from the verbs
// themselves, so that neither can be of another version.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace vitrine {

/// A page for man(1) in roff; `program` as it is typed.
std::string manual_page(const CLI::App& app, const std::string& program);

/// `shell`: "bash", "zsh" or "fish".
std::string completion_script(const CLI::App& app, const std::string& program,
                              const std::string& shell);

}  // namespace vitrine
