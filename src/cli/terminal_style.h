// How lines look on a terminal: long ones are wrapped at blanks, and what begins a message has a
// colour.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace vitrine::cli {

/// A line without its end as a terminal of `width` columns shows it. Lines of JSON, and commands
/// after `next:`, are not wrapped.
std::string styled_line(std::string_view line, std::size_t width, bool colours);

/// While it lives, standard error, and with `output` also standard output, show lines by
/// styled_line(), each if it is a terminal. Without colours if NO_COLOR is set (no-color.org) or
/// TERM is `dumb`. What is flushed before a line ends, such as progress, is written as it is.
/// The streams may then be used from several threads, as before.
class TerminalStyle {
 public:
  explicit TerminalStyle(bool output);
  ~TerminalStyle();
  TerminalStyle(const TerminalStyle&) = delete;
  TerminalStyle& operator=(const TerminalStyle&) = delete;

 private:
  struct Streams;
  std::unique_ptr<Streams> streams_;
};

}  // namespace vitrine::cli
