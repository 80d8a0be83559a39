// The loop of a function on AWS Lambda: takes events from the Runtime API (docs.aws.amazon.com,
// "Using the Lambda runtime API for custom runtimes") and sends answers back, one after another as
// Lambda gives them.
#pragma once

#include <string>

#include "api/api.h"

namespace vitrine {

/// `place`: host:port of the Runtime API, $AWS_LAMBDA_RUNTIME_API. Comes back where the API ends
/// the connection for good. Throws Error(failed) where it can't be reached or answers what it
/// should not.
void run_lambda_loop(const std::string& place, Api& api);

/// Tells the Runtime API that the function can't start. Never throws.
void report_lambda_start_failure(const std::string& place, const std::string& message);

}  // namespace vitrine
