#include "serve/http_error.h"

#include "base/json.h"

namespace vitrine {
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
  return 500;
}

}  // namespace

std::string_view reason_of(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
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
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Internal Server Error";
  }
}

HttpResponse problem(unsigned status, const Error& error) {
  Json json{
      {"type", "about:blank"},
      {"title", reason_of(status)},
      {"status", status},
      {"detail", error.where.empty() ? error.message : error.message + " (" + error.where + ")"},
      {"hint", error.hint}};
  if (!error.field.empty()) json["field"] = error.field;
  return {status, "application/problem+json",
          json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n", ""};
}

HttpResponse problem(const Error& error) {
  if (const auto* http = dynamic_cast<const HttpError*>(&error)) {
    HttpResponse response = problem(http->status, error);
    response.allow = http->allow;
    return response;
  }
  return problem(status_of(error.kind), error);
}

}  // namespace vitrine
