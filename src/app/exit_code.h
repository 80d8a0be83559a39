// How a job's failure is told to who started it: the exit codes of the program, which are also the
// statuses of the C library.
#pragma once

#include "base/error.h"

namespace vitrine::app {

/// 1 to 4, as ErrorKind says.
int exit_code(ErrorKind kind);

}  // namespace vitrine::app
