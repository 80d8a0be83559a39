// Errors as HTTP responses: RFC 9457 problem details.
#pragma once

#include "base/error.h"
#include "serve/api/http_message.h"

namespace vitrine::serve {

/// An error with its own HTTP status (404, 405, 413, 415, ...) instead of that of its kind.
struct HttpError : Error {
  HttpError(unsigned http_status, std::string what, std::string place, std::string hint_text)
      : Error(ErrorKind::bad_input, std::move(what), std::move(place), std::move(hint_text)),
        status(http_status) {}
  HttpError&& with(std::string_view name, std::string value) && {
    headers.emplace_back(name, std::move(value));
    return std::move(*this);
  }
  unsigned status;
  std::vector<std::pair<std::string_view, std::string>> headers;  ///< of the response
};

/// The HTTP status of any error.
unsigned status_of(const Error& error);

/// The value of Retry-After in seconds, at least 1.
long retry_seconds(Duration time);

/// RFC 9457: `application/problem+json` with `title`, `status`, `detail`, `hint` and, for an error
/// in a column, `field`.
HttpResponse problem(const Error& error);

/// `{"error": "..."}`, the format of the Open Inference Protocol and TensorFlow Serving.
HttpResponse plain_error(const Error& error);

/// Whether a target belongs to one of those protocols: its path begins with /v1 or /v2.
bool speaks_plain_errors(std::string_view target);

/// The error in the format of the protocol that the target belongs to.
HttpResponse error_at(std::string_view target, const Error& error);

/// The reason phrase of a status: "Not Found" for 404.
std::string_view reason_of(unsigned status);

}  // namespace vitrine::serve
