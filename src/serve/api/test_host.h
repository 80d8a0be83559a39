// A server without sockets, for tests.
#pragma once

#include "serve/api/api.h"
#include "serve/models/test_model.h"

namespace vitrine::serve {

/// The parts of a server with the model `fruit`.
struct TestHost {
  /// The default maximum wait is long, because sanitizers are slow; tests of refusals set another.
  explicit TestHost(const SchedulerOptions& options = {.max_wait = std::chrono::seconds(60)})
      : scheduler(options, metrics) {}

  TestModel model;
  telemetry::ServerMetrics metrics;
  Scheduler scheduler;
  ModelStore store{
      {.files = {{"fruit", 0, model.path()}}}, {scheduler, metrics}, [](const std::string&) {}};
  Api api{store, scheduler, metrics, {}};
};

}  // namespace vitrine::serve
