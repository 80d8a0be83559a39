#include "cli/interrupt.h"

#include <unistd.h>

#include <csignal>

namespace vitrine::cli {
namespace {

std::string said;  // set before the handler is installed, and never again while it is

/// Async-signal-safe.
void interrupted(int signal) {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, said.data(), said.size());
  std::signal(signal, SIG_DFL);
  ::raise(signal);
}

}  // namespace

void say_when_interrupted(const std::string& text) {
  std::signal(SIGINT, SIG_DFL);
  said = "\n" + text + "\n";
  std::signal(SIGINT, interrupted);
}

}  // namespace vitrine::cli
