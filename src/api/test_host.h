// A server without sockets, for tests.
#pragma once

#include "api/api.h"
#include "host/test_model.h"

namespace vitrine {

/// A server's parts around the model `fruit`.
struct TestHost {
  /// Waits are long where a sanitizer slows everything down: tests of refusals set their own limit.
  explicit TestHost(const SchedulerOptions& options = {.max_wait = std::chrono::seconds(60)})
      : scheduler(options, metrics) {}

  TestModel model;
  ServerMetrics metrics;
  Scheduler scheduler;
  ModelStore store{
      {.files = {{"fruit", 0, model.path()}}}, {scheduler, metrics}, [](const std::string&) {}};
  Api api{store, scheduler, metrics, {}};
};

}  // namespace vitrine
