// The text of --help: lines of at most 80 columns, options in groups, examples.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace vitrine::cli {

/// `text` in lines of at most `width` columns, broken at blanks; all but the first begin with
/// `indent` blanks. A word that is longer has a line of its own.
std::string wrapped(const std::string& text, std::size_t indent, std::size_t width = 80);

/// Formats help by the verb guides (cli/verb_guide.h). Options whose description begins with
/// "Tables: ", "Photos: " or "Numbers: " are listed under that heading.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override;
};

}  // namespace vitrine::cli
