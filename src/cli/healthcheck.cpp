// vitrine healthcheck: what containers, compose files and units ask.
#include <iostream>
#include <memory>

#include "base/error.h"
#include "cli/verbs.h"
#include "serve/health_probe.h"

namespace vitrine {

void add_healthcheck(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("healthcheck", "Ask a server of this machine if it is ready");
  struct Arguments {
    HealthProbe probe;
    bool alive = false;
    double seconds = 2;
  };
  auto arguments = std::make_shared<Arguments>();
  verb->add_option("--host", arguments->probe.host, "The server's address");
  verb->add_option("--port", arguments->probe.port, "Its port");
  verb->add_flag("--tls", arguments->probe.tls, "It speaks HTTPS; the certificate is not checked");
  verb->add_flag("--alive", arguments->alive, "Ask if it lives (/livez), ready or not");
  verb->add_option("--timeout", arguments->seconds, "Seconds")->check(CLI::Range(0.01, 600.0));
  verb->callback([arguments] {
    HealthProbe& probe = arguments->probe;
    if (arguments->alive) probe.target = "/livez";
    probe.timeout = std::chrono::milliseconds(static_cast<long>(arguments->seconds * 1000));
    const std::string problem = probe_health(probe);
    const std::string where = probe.host + ":" + std::to_string(probe.port) + probe.target;
    if (!problem.empty()) {
      throw Error(
          ErrorKind::failed,
          "the server is not " + std::string(arguments->alive ? "alive" : "ready") + ": " + problem,
          where, "look at the server's log; --port names another port");
    }
    std::cout << (arguments->alive ? "alive: " : "ready: ") << where << "\n";
  });
}

}  // namespace vitrine
