// vitrine-serve lambda: the API of `serve` as a function on AWS Lambda, without sockets.
#include <cstdlib>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "cli/serve_options.h"
#include "cli/verbs.h"
#include "net/client_module.h"
#include "serve/http/lambda_loop.h"

namespace vitrine::cli {
namespace {

void serve_lambda(const ServeArguments& arguments) {
  const char* place = std::getenv("AWS_LAMBDA_RUNTIME_API");
  if (place == nullptr || *place == '\0') {
    throw Error(ErrorKind::usage, "this process was not started by AWS Lambda",
                "AWS_LAMBDA_RUNTIME_API",
                "deploy it by vitrine package --for lambda, or serve over HTTP by vitrine serve");
  }
  bool started = false;
  try {
    if (!arguments.url_hosts.empty() || !arguments.otlp.empty()) net::load_http_client();
    telemetry::ServerMetrics metrics;
    serve::ApiOptions asked = api_options(arguments, metrics);
    serve::Scheduler scheduler({arguments.workers, arguments.max_queue, std::chrono::hours(1)},
                               metrics);
    serve::ModelStore store(store_options(arguments), {scheduler, metrics},
                            [](const std::string& line) { std::cerr << line << "\n"; });
    serve::Api api(store, scheduler, metrics, std::move(asked));
    started = true;
    serve::run_lambda_loop(place, api);
  } catch (const Error& error) {
    if (!started) serve::report_lambda_start_failure(place, error.message + "; " + error.hint);
    throw;
  }
}

}  // namespace

void add_lambda(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("lambda", "Serve models as an AWS Lambda function");
  auto arguments = std::make_shared<ServeArguments>();
  add_serve_options(*verb, *arguments);
  verb->callback([arguments] { serve_lambda(*arguments); });
}

}  // namespace vitrine::cli
