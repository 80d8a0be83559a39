// Converts AWS Lambda events to requests, and responses to the format that the caller of the
// function expects. Pure functions.
// Formats: docs.aws.amazon.com, "Working with AWS Lambda proxy integrations for HTTP APIs"
// (payload 2.0, also of function URLs), "... for REST APIs" (1.0), "Using Lambda with an
// Application Load Balancer".
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "serve/api/http_message.h"

namespace vitrine::serve {

struct LambdaEvent {
  enum class Form {
    direct,           ///< `aws lambda invoke`: the payload is the request, the result its JSON
    http,             ///< an HTTP API, a function URL (2.0), a REST API (1.0), a load balancer
    http_multi_value  ///< from a load balancer with multi-value headers enabled
  };
  Form form = Form::direct;
  std::string method = "POST";
  std::string target = "/predict";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;

  /// The request. It refers to this event, which must outlive it.
  HttpRequest request() const;
};

/// Reads an event. Direct events are `{"customer": {...}}`, `{"customers": [...]}` or
/// `{"image": "<base64>"}`, with the optional keys `"model": NAME` and `"explain": true`; or a row
/// or an array of rows. Throws Error(malformed) for invalid JSON, Error(bad_input) for another
/// event.
LambdaEvent read_lambda_event(std::string_view payload);

/// The result of the function. `failed` is set to true if a direct call got an error: then the text
/// is `{"errorMessage": ..., "errorType": ...}`, and Lambda must be told that the function failed.
std::string lambda_answer(const LambdaEvent& event, const HttpResponse& response, bool& failed);

/// An error in Lambda's format.
std::string lambda_error(const std::string& type, const std::string& message);

}  // namespace vitrine::serve
