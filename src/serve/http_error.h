// Errors as HTTP responses: RFC 9457 problem details.
#pragma once

#include "base/error.h"
#include "serve/api.h"

namespace vitrine {

/// An error whose HTTP code its kind does not tell: 404, 405, 413, 415...
struct HttpError : Error {
  HttpError(unsigned status, std::string message, std::string where, std::string hint)
      : Error(ErrorKind::bad_input, std::move(message), std::move(where), std::move(hint)),
        status(status) {}
  unsigned status;
  std::string allow;  ///< 405: the methods there are
};

/// `application/problem+json` with `title`, `status`, `detail`, `hint` and, where
/// one is at fault, `field`.
HttpResponse problem(const Error& error);
HttpResponse problem(unsigned status, const Error& error);

/// "Not Found" for 404.
std::string_view reason_of(unsigned status);

}  // namespace vitrine
