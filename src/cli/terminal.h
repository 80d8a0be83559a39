// Messages and progress on standard error while a job runs.
#pragma once

#include <string>

#include "app/observer.h"

namespace vitrine::cli {

/// An error in three parts: `severity: message`, where, hint.
std::string error_text(const Error& error, const char* severity = "error");

/// An observer that prints warnings, skipped inputs (as `severity`) and notes, and on a terminal
/// one line of progress that counts `noun`s (such as `photo`).
app::Observer terminal_observer(const std::string& noun, const char* severity = "warning");

}  // namespace vitrine::cli
