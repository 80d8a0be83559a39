#include "serve/api/http_error.h"

#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "serve/api/route.h"

namespace vitrine::serve {
namespace {

unsigned status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::malformed:
      return 400;
    case ErrorKind::usage:
    case ErrorKind::bad_input:
      return 422;
    case ErrorKind::failed:
    case ErrorKind::bad_model:
      return 500;
  }
  unknown_kind("error", kind);
}

}  // namespace

std::string_view reason_of(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Internal Server Error";
  }
}

namespace {

/// Adds the headers that an error has in any format.
void add_headers(HttpResponse& response, const Error& error) {
  if (const auto* refusal = dynamic_cast<const Refusal*>(&error)) {
    response.with("Retry-After", std::to_string(retry_seconds(refusal->retry_after)));
  }
  if (const auto* http = dynamic_cast<const HttpError*>(&error)) {
    for (const auto& [name, value] : http->headers) response.with(name, value);
  }
}

}  // namespace

unsigned status_of(const Error& error) {
  if (const auto* http = dynamic_cast<const HttpError*>(&error)) return http->status;
  if (const auto* refusal = dynamic_cast<const Refusal*>(&error)) {
    return refusal->reason == Refusal::Reason::deadline ? 504 : 503;
  }
  return status_of(error.kind);
}

long retry_seconds(Duration time) { return std::max(1L, std::lround(std::ceil(seconds_of(time)))); }

HttpResponse problem(const Error& error) {
  const unsigned status = status_of(error);
  Json json{
      {"type", "about:blank"},
      {"title", reason_of(status)},
      {"status", status},
      {"detail", error.where.empty() ? error.message : error.message + " (" + error.where + ")"},
      {"hint", error.hint}};
  if (!error.field.empty()) json["field"] = error.field;
  for (const FieldFault& one : error.faults) {
    json["errors"].push_back({{"field", one.field}, {"detail", one.message}, {"hint", one.hint}});
  }
  HttpResponse response{status, "application/problem+json", to_text(json) + "\n"};
  add_headers(response, error);
  return response;
}

bool speaks_plain_errors(std::string_view target) {
  const std::string_view path = path_of(target);
  const std::string_view first = path.substr(0, path.find('/', 1));
  return first == "/v1" || first == "/v2";
}

HttpResponse error_at(std::string_view target, const Error& error) {
  return speaks_plain_errors(target) ? plain_error(error) : problem(error);
}

HttpResponse plain_error(const Error& error) {
  const std::string text =
      error.message + (error.where.empty() ? "" : " (" + error.where + ")") + "; " + error.hint;
  HttpResponse response{status_of(error), "application/json",
                        to_text(Json{{"error", text}}) + "\n"};
  add_headers(response, error);
  return response;
}

}  // namespace vitrine::serve
