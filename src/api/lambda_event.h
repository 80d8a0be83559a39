// AWS Lambda's events as requests, and answers as what Lambda's caller expects. Pure functions.
// Forms: docs.aws.amazon.com, "Working with AWS Lambda proxy integrations for HTTP APIs"
// (payload 2.0, also of function URLs), "... for REST APIs" (1.0), "Using Lambda with an
// Application Load Balancer".
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/http_message.h"

namespace vitrine {

struct LambdaEvent {
  enum class Form {
    direct,           ///< `aws lambda invoke`: the payload is the question, the answer its JSON
    http,             ///< an HTTP API, a function URL (2.0), a REST API (1.0), a load balancer
    http_multi_value  ///< the same from a load balancer that wants lists of header values
  };
  Form form = Form::direct;
  std::string method = "POST";
  std::string target = "/predict";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;

  /// Looks at this event, which must stay.
  HttpRequest request() const;
};

/// Direct: `{"customer": {...}}`, `{"customers": [...]}`, `{"image": "<base64>"}`, each with
/// `"model": NAME` where several are there and `"explain": true` at will; or the row or rows
/// themselves. Throws Error(malformed) for what is no JSON, Error(bad_input) for what is none of
/// these.
LambdaEvent read_lambda_event(std::string_view payload);

/// What is sent back. `failed` gets true for a direct call that was answered with an error: Lambda
/// then counts it as one, and the text is `{"errorMessage": ..., "errorType": ...}`.
std::string lambda_answer(const LambdaEvent& event, const HttpResponse& response, bool& failed);

/// The form in which Lambda takes errors.
std::string lambda_error(const std::string& type, const std::string& message);

}  // namespace vitrine
