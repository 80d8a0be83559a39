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

/// What a message says about a file that is about to be written: "replaced" if it exists, else
/// `otherwise`, such as "saved".
const char* written_word(const std::string& path, const char* otherwise);

}  // namespace vitrine::cli
