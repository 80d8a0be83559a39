// The event loop of an AWS Lambda function: gets events from the Runtime API (docs.aws.amazon.com,
// "Using the Lambda runtime API for custom runtimes") and posts the responses, one at a time.
#pragma once

#include <string>

#include "serve/api/api.h"

namespace vitrine::serve {

/// Handles events until an error. `place`: host:port of the Runtime API, $AWS_LAMBDA_RUNTIME_API.
/// Throws Error(failed) if the Runtime API can't be reached or returns an unexpected response.
void run_lambda_loop(const std::string& place, Api& api);

/// Reports to the Runtime API that the function can't start. Never throws.
void report_lambda_start_failure(const std::string& place, const std::string& message);

}  // namespace vitrine::serve
