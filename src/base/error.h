// The error type of the program. Every failure that a user can see is an Error with
// three parts: what happened, where, and how to fix it.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace vitrine {

/// The kind of a failure. Kinds become exit codes in `app/exit_code.cpp` and HTTP
/// codes in `serve/api/http_error.cpp`, and nothing elsewhere.
enum class ErrorKind {
  failed,     ///< the job failed: disk full, port taken (exit 1)
  usage,      ///< the command line is wrong (exit 2)
  bad_input,  ///< data that can't be used: a table, a row, a pickle (exit 3)
  malformed,  ///< text that does not parse: broken JSON (exit 3)
  bad_model,  ///< a model file that can't be used (exit 4)
};

/// One of several fields of a row that are at fault.
struct FieldFault {
  std::string field;
  std::string message;
  std::string hint;
};

struct Error : std::runtime_error {
  Error(ErrorKind kind, std::string message, std::string where, std::string hint,
        std::string field = {});

  /// The same error at another place.
  Error at(std::string place) const;

  ErrorKind kind;
  std::string message;                  ///< what happened, one sentence without a full stop
  std::string where;                    ///< file, line, column, byte, field
  std::string hint;                     ///< how to fix it
  std::string field;                    ///< the column at fault, if one is
  std::vector<FieldFault> faults = {};  ///< of a row: all its fields at fault; `field` is the first
};

/// Called after a switch that handles all values of an enumeration, for a number that is not one
/// of them. `what` names the enumeration. Throws std::logic_error.
[[noreturn]] void unknown_kind(const char* what, long number);
template <typename Enum>
[[noreturn]] void unknown_kind(const char* what, Enum kind)
  requires std::is_enum_v<Enum>
{
  unknown_kind(what, static_cast<long>(kind));
}

/// `text` as it can be printed in a message: cut to `limit` bytes at a UTF-8 character border
/// (then `...` is appended), control characters and bytes that are not UTF-8 replaced by `?`.
std::string shown(std::string_view text, std::size_t limit = 60);

}  // namespace vitrine
