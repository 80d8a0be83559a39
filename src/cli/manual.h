// Manual pages and shell completion scripts, generated from the verbs and options of the program.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace vitrine::cli {

/// A page for man(1) in roff; `program`: the command name as a user types it.
std::string manual_page(const CLI::App& app, const std::string& program);

/// All verbs and options as one page of Markdown: docs/reference/command-line.md.
std::string markdown_reference(const CLI::App& app, const std::string& program);

/// `shell`: "bash", "zsh" or "fish".
std::string completion_script(const CLI::App& app, const std::string& program,
                              const std::string& shell);

}  // namespace vitrine::cli
