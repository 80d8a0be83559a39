// vitrine serve: serves models over HTTP and gRPC until a stop signal.
//
// `serve()` builds the parts in the order of their dependencies: signals and malloc settings,
// options, modules (before the sandbox forbids to load them), sandbox, metrics, scheduler, model
// store, API, servers. Then it runs the HTTP server on this thread until it is stopped. Destruction
// in reverse order; the gRPC server goes before the HTTP server, whose access log it writes to.
#include <malloc.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "cli/serve_options.h"
#include "cli/verbs.h"
#include "net/client_module.h"

namespace vitrine::cli {
namespace {

/// Writes text for people to standard error. If it is a pipe that nobody reads, gives up after
/// 200 ms instead of blocking.
void say_if_read(const std::string& line) {
  pollfd ready{2, POLLOUT, 0};
  if (::poll(&ready, 1, 200) != 1 || (ready.revents & POLLOUT) == 0) return;
  [[maybe_unused]] const auto written = ::write(2, line.data(), line.size());
}

void say_line(const std::string& line) { say_if_read(line + "\n"); }

std::string url_of(const serve::ServeOptions& options, const serve::Server& server) {
  const bool v6 = options.host.find(':') != std::string::npos;
  return (options.tls ? "https://" : "http://") + (v6 ? "[" + options.host + "]" : options.host) +
         ":" + std::to_string(server.port());
}

void say_where(const serve::ServeOptions& options, const serve::Server& server,
               const serve::Catalogue& catalogue, bool allow_empty) {
  const std::string url = url_of(options, server);
  std::vector<std::string> loaded;
  for (const serve::CatalogueEntry& entry : catalogue.entries) {
    if (!entry.versions.empty()) loaded.push_back(entry.name);
  }
  std::cerr << "serving " << (loaded.empty() ? "no model yet" : listed(loaded)) << " on "
            << (server.inherited() ? "the sockets from systemd" : url) << "\n";
  if (loaded.empty() && !allow_empty) {
    std::cerr
        << "warning: no model is loaded, so the server is not ready; put one into the folder, "
           "or start with --allow-empty to be ready without a model\n";
  }
  for (const serve::CatalogueEntry& entry : catalogue.entries) {
    const auto model = entry.current();
    if (!model || !model->card || model->card->beats_baseline().value_or(true)) continue;
    std::cerr << "warning: the model " << shown(entry.name)
              << " is no better than its baseline by more than chance; 'vitrine inspect' shows "
                 "both\n";
  }
  if (!server.inherited() && options.host != "127.0.0.1" && options.host != "::1") {
    std::cerr << "warning: " << options.host << " can be reached from other machines\n";
  }
}

/// Ignores signals that would end the process by default and have no meaning here. SIGUSR1 asks
/// other servers to reopen their logs; this one reopens them for each write. SIGHUP (reload) is
/// handled once the models are loaded.
void ignore_signals() {
  for (const int one : {SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR,
                        SIGPIPE, SIGXFSZ, SIGXCPU, SIGSTKFLT}) {
    std::signal(one, SIG_IGN);
  }
  for (int one = SIGRTMIN; one <= SIGRTMAX; ++one) std::signal(one, SIG_IGN);
}

/// Reloads API keys and certificates if they changed. Runs on SIGHUP, on file changes and with each
/// poll.
void refresh_secrets(serve::ApiKeys* keys, serve::Tls* tls) {
  try {
    if (keys != nullptr && keys->refresh()) {
      say_line("warning: the API key file contains no keys now: all requests are refused");
    }
  } catch (const Error& error) {
    say_line("error: the API keys can't be reloaded: " + error.message +
             "\n  where: " + error.where + "\n  hint: the old keys stay valid; fix the file");
  }
  try {
    if (tls != nullptr && tls->refresh()) say_line("the TLS certificate was reloaded");
  } catch (const Error& error) {
    say_line("error: the new TLS certificate can't be used: " + error.message +
             "\n  where: " + error.where + "\n  hint: the old one stays in use; fix the files");
  }
}

/// Opens the gRPC server. It shares the API and the access log with the HTTP server and begins to
/// stop when that does.
std::unique_ptr<serve::GrpcServer> open_grpc(const serve::GrpcModule& module,
                                             const ServeArguments& arguments, serve::Api& api,
                                             serve::Server& server, std::size_t memory) {
  serve::GrpcOptions options = grpc_options(arguments);
  options.memory = memory;
  options.handle = [&api](serve::HttpRequest request, serve::CompletionCallback later) {
    return api.handle(std::move(request), std::move(later));
  };
  options.answered = [&server](const serve::AccessRecord& record) { server.note(record); };
  auto grpc = module.open(std::move(options));
  std::cerr << "gRPC on " << arguments.server.host << ":" << grpc->port() << "\n";
  return grpc;
}

constexpr std::size_t kMuchFreed = std::size_t{8} << 20;  // bytes

/// Makes malloc return the memory of large requests to the system once they are answered. By
/// default glibc raises both thresholds to 32 and 64 MiB after such blocks were freed, and keeps
/// that much per thread.
void give_memory_back() {
  ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 2 << 20);
}

void serve(const ServeArguments& arguments) {
  ignore_signals();
  give_memory_back();
  serve::ServeOptions options = server_options(arguments);
  std::optional<serve::GrpcModule> grpc_module;
  if (arguments.grpc_port) grpc_module.emplace();
  if (!arguments.url_hosts.empty() || !arguments.otlp.empty()) net::load_http_client();
  serve::StoreOptions stored = store_options(arguments);
  if (arguments.sandbox) {
    say_line("sandbox: " + sandbox::enter_sandbox(sandbox_options(arguments, stored)));
  }
  telemetry::ServerMetrics metrics;
  serve::ApiOptions asked = api_options(arguments, metrics);
  const auto keys = asked.keys;
  serve::Scheduler scheduler(
      {arguments.workers, arguments.max_queue,
       std::chrono::duration_cast<Duration>(
           std::chrono::duration<double, std::milli>(arguments.max_wait_ms))},
      metrics);
  stored.on_poll = [keys, tls = options.tls, bodies = options.bodies] {
    refresh_secrets(keys.get(), tls.get());
    // Freed memory of large requests lies between live blocks, where free() does not return it.
    if (bodies->take_freed(kMuchFreed)) ::malloc_trim(0);
  };
  for (const std::filesystem::path& path :
       {std::filesystem::path(arguments.keys_file), arguments.tls.certificate}) {
    if (!path.empty()) stored.also_watched.push_back(path);
  }
  serve::ModelStore store(
      std::move(stored),
      {scheduler, metrics, arguments.strict ? data::BadCells::refused : data::BadCells::missing},
      say_line);
  options.on_hangup = [&store, keys, tls = options.tls] {
    store.refresh([keys, tls] { refresh_secrets(keys.get(), tls.get()); });
  };
  serve::Api api(store, scheduler, metrics, std::move(asked));
  std::unique_ptr<serve::GrpcServer> grpc;
  options.on_stop = [&grpc, &options] {
    if (grpc) grpc->begin_to_stop(options.drain);
  };
  serve::Server server(options, api);
  const std::shared_ptr<void> before_server(nullptr, [&grpc](void*) { grpc.reset(); });
  if (grpc_module) grpc = open_grpc(*grpc_module, arguments, api, server, options.bodies->limit());
  store.watch();
  say_where(options, server, *store.catalogue(), arguments.allow_empty);
  bool finished = server.run();
  if (grpc) finished = grpc->wait() && finished;
  api.stop_work();  // shadow predictions may still be queued
  if (!finished) {
    throw Error(ErrorKind::failed, "the server stopped before all requests were answered",
                url_of(options, server), "give them more time by --drain SECONDS");
  }
  say_if_read("stopped; every accepted request was answered\n");
}

}  // namespace

void add_serve(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("serve", "Serve models over HTTP and gRPC");
  auto arguments = std::make_shared<ServeArguments>();
  add_serve_options(*verb, *arguments);
  verb->callback([arguments] { serve(*arguments); });
}

}  // namespace vitrine::cli
