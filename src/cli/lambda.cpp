// vitrine-serve lambda: the same models and the same answers, as a function on AWS Lambda.
#include <cstdlib>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "cli/serve_options.h"
#include "cli/verbs.h"
#include "net/client_module.h"
#include "serve/lambda_loop.h"

namespace vitrine {
namespace {

void serve_lambda(const ServeArguments& arguments) {
  const char* place = std::getenv("AWS_LAMBDA_RUNTIME_API");
  if (place == nullptr || *place == '\0') {
    throw Error(ErrorKind::usage, "there is no Lambda around this program",
                "AWS_LAMBDA_RUNTIME_API",
                "deploy it by vitrine package --for lambda, or serve over HTTP by vitrine serve");
  }
  bool started = false;
  try {
    if (!arguments.url_hosts.empty() || !arguments.otlp.empty()) load_http_client();
    ServerMetrics metrics;
    ApiOptions asked = api_options(arguments, metrics);
    Scheduler scheduler({arguments.workers, arguments.max_queue, std::chrono::hours(1)}, metrics);
    ModelStore store(store_options(arguments), {scheduler, metrics},
                     [](const std::string& line) { std::cerr << line << "\n"; });
    Api api(store, scheduler, metrics, std::move(asked));
    started = true;
    run_lambda_loop(place, api);
  } catch (const Error& error) {
    if (!started) report_lambda_start_failure(place, error.message + "; " + error.hint);
    throw;
  }
}

}  // namespace

void add_lambda(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("lambda", "Answer events of AWS Lambda");
  auto arguments = std::make_shared<ServeArguments>();
  add_serve_options(*verb, *arguments);
  verb->callback([arguments] { serve_lambda(*arguments); });
}

}  // namespace vitrine
