// The one error type of the program. Every failure that a user can meet is an
// Error with three parts: what happened, where, and how to mend it.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

namespace vitrine {

/// What kind of failure it is. Kinds become exit codes in `cli/main.h` and HTTP
/// codes in `serve/http_error.cpp`, and nowhere else.
enum class ErrorKind {
  failed,     ///< the job failed: disk full, port taken (exit 1)
  usage,      ///< the command line is wrong (exit 2)
  bad_input,  ///< data that can't be used: a table, a row, a pickle (exit 3)
  malformed,  ///< text that is not even of its format: broken JSON (exit 3)
  bad_model,  ///< a model file that can't be used (exit 4)
};

struct Error : std::runtime_error {
  Error(ErrorKind kind, std::string message, std::string where, std::string hint,
        std::string field = {});

  ErrorKind kind;
  std::string message;  ///< what happened, one sentence without a full stop
  std::string where;    ///< file, line, column, byte, field
  std::string hint;     ///< how to mend it
  std::string field;    ///< the column at fault, if one is
};

/// Behind a switch over all of an enumeration: its number is none of them. Throws
/// std::logic_error.
[[noreturn]] void unknown_kind(const char* what, long number);
template <typename Enum>
[[noreturn]] void unknown_kind(const char* what, Enum kind)
  requires std::is_enum_v<Enum>
{
  unknown_kind(what, static_cast<long>(kind));
}

/// `TEXT` fit for a message: cut to `limit` bytes at a character border,
/// control characters shown as `?`.
std::string shown(std::string_view text, std::size_t limit = 60);

}  // namespace vitrine
