// vitrine healthcheck: the readiness check that containers, compose files and systemd units run.
#include <iostream>
#include <memory>

#include "base/error.h"
#include "cli/verbs.h"
#include "serve/http/health_probe.h"

namespace vitrine::cli {

void add_healthcheck(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("healthcheck", "Check that a server is ready; exit code 0 if it is");
  struct Arguments {
    serve::HealthProbe probe;
    bool alive = false;
    double seconds = 2;
  };
  auto arguments = std::make_shared<Arguments>();
  verb->add_option("--host", arguments->probe.host, "The server's address; default: 127.0.0.1");
  verb->add_option("--port", arguments->probe.port,
                   "The server's port; default: " + std::to_string(kDefaultPort));
  verb->add_flag("--tls", arguments->probe.tls, "Use HTTPS; the certificate is not verified");
  verb->add_flag("--alive", arguments->alive, "Check /livez instead of /readyz");
  verb->add_option("--timeout", arguments->seconds, "Timeout in seconds; default: 2")
      ->check(CLI::Range(0.01, 600.0));
  verb->callback([arguments] {
    serve::HealthProbe& probe = arguments->probe;
    if (arguments->alive) probe.target = "/livez";
    probe.timeout = std::chrono::milliseconds(static_cast<long>(arguments->seconds * 1000));
    const std::string problem = serve::probe_health(probe);
    const std::string where = probe.host + ":" + std::to_string(probe.port) + probe.target;
    if (!problem.empty()) {
      throw Error(
          ErrorKind::failed,
          "the server is not " + std::string(arguments->alive ? "alive" : "ready") + ": " + problem,
          where, "read the server's log, or give the right port by --port");
    }
    std::cout << (arguments->alive ? "alive: " : "ready: ") << where << "\n";
  });
}

}  // namespace vitrine::cli
