#include "app/exit_code.h"

namespace vitrine::app {

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::failed:
      return 1;
    case ErrorKind::usage:
      return 2;
    case ErrorKind::bad_input:
    case ErrorKind::malformed:
      return 3;
    case ErrorKind::bad_model:
      return 4;
  }
  unknown_kind("error kind", kind);
}

}  // namespace vitrine::app
