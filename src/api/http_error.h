// Errors as HTTP responses: RFC 9457 problem details.
#pragma once

#include "api/http_message.h"
#include "base/error.h"

namespace vitrine {

/// An error whose HTTP code its kind does not tell: 404, 405, 413, 415...
struct HttpError : Error {
  HttpError(unsigned http_status, std::string what, std::string place, std::string how_to_mend)
      : Error(ErrorKind::bad_input, std::move(what), std::move(place), std::move(how_to_mend)),
        status(http_status) {}
  HttpError&& with(std::string_view name, std::string value) && {
    headers.emplace_back(name, std::move(value));
    return std::move(*this);
  }
  unsigned status;
  std::vector<std::pair<std::string_view, std::string>> headers;  ///< that the answer gets
};

/// The HTTP code of any error.
unsigned status_of(const Error& error);

/// For Retry-After: at least 1.
long retry_seconds(Duration time);

/// `application/problem+json` with `title`, `status`, `detail`, `hint` and, where
/// one is at fault, `field`.
HttpResponse problem(const Error& error);

/// `{"error": "..."}`, as the Open Inference Protocol and TensorFlow Serving say it.
HttpResponse plain_error(const Error& error);

/// Whether a request of this target speaks one of those protocols: its path begins with /v1 or /v2.
bool speaks_plain_errors(std::string_view target);

/// The error in the form of the protocol that the target belongs to.
HttpResponse error_at(std::string_view target, const Error& error);

/// "Not Found" for 404.
std::string_view reason_of(unsigned status);

}  // namespace vitrine
