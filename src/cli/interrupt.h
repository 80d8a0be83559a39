// What a verb says when it is interrupted (Ctrl-C, SIGINT).
#pragma once

#include <string>

namespace vitrine::cli {

/// From now on an interrupt prints `text` on standard error and ends the program by the signal, as
/// the default does (exit code 130 in a shell). Not thread-safe: call it before work begins.
void say_when_interrupted(const std::string& text);

}  // namespace vitrine::cli
