// vitrine serve: put models in the window.
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

namespace vitrine {
namespace {

/// A line for people. Where nobody reads the log it must not keep the process waiting.
void say_if_read(const std::string& line) {
  pollfd ready{2, POLLOUT, 0};
  if (::poll(&ready, 1, 200) != 1 || (ready.revents & POLLOUT) == 0) return;
  [[maybe_unused]] const auto written = ::write(2, line.data(), line.size());
}

void say_line(const std::string& line) { say_if_read(line + "\n"); }

std::string url_of(const ServeOptions& options, const Server& server) {
  const bool v6 = options.host.find(':') != std::string::npos;
  return (options.tls ? "https://" : "http://") + (v6 ? "[" + options.host + "]" : options.host) +
         ":" + std::to_string(server.port());
}

void say_where(const ServeOptions& options, const Server& server, const Catalogue& catalogue,
               bool allow_empty) {
  const std::string url = url_of(options, server);
  std::vector<std::string> loaded;
  for (const CatalogueEntry& entry : catalogue.entries) {
    if (!entry.versions.empty()) loaded.push_back(entry.name);
  }
  std::cerr << "serving " << (loaded.empty() ? "no model yet" : listed(loaded)) << " on "
            << (server.inherited() ? "the sockets of systemd" : url) << "\n";
  if (loaded.empty() && !allow_empty) {
    std::cerr
        << "warning: no model is loaded, so the server is not ready; put one into the folder, "
           "or be ready without by --allow-empty\n";
  }
  if (!server.inherited() && options.host != "127.0.0.1" && options.host != "::1") {
    std::cerr << "warning: " << options.host << " can be reached from other machines\n";
  }
}

/// Signals that end a process unless it says otherwise, and mean nothing here. SIGUSR1 asks for
/// logs to be opened anew, as they are for each piece that is written; SIGHUP is heard once the
/// models are loaded.
void ignore_signals() {
  for (const int one : {SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR,
                        SIGPIPE, SIGXFSZ, SIGXCPU, SIGSTKFLT}) {
    std::signal(one, SIG_IGN);
  }
  for (int one = SIGRTMIN; one <= SIGRTMAX; ++one) std::signal(one, SIG_IGN);
}

/// What SIGHUP, changed files and the passing of time bring: keys and certificates read again.
void refresh_secrets(ApiKeys* keys, Tls* tls) {
  try {
    if (keys != nullptr && keys->refresh()) {
      say_line("warning: the file of API keys holds no key any more: nobody may ask");
    }
  } catch (const Error& error) {
    say_line("error: the API keys can't be read again: " + error.message +
             "\n  where: " + error.where + "\n  mend: the old keys stay in force; mend the file");
  }
  try {
    if (tls != nullptr && tls->refresh()) say_line("the TLS certificate was read again");
  } catch (const Error& error) {
    say_line("error: the new TLS certificate can't be used: " + error.message +
             "\n  where: " + error.where + "\n  mend: the old one stays in force; mend the files");
  }
}

/// The gRPC server beside the other, or null. It begins to stop when the other one does.
std::unique_ptr<GrpcServer> open_grpc(const GrpcModule& module, const ServeArguments& arguments,
                                      Api& api, Server& server, std::size_t memory) {
  GrpcOptions options = grpc_options(arguments);
  options.memory = memory;
  options.handle = [&api](HttpRequest request, Later later) {
    return api.handle(std::move(request), std::move(later));
  };
  options.answered = [&server](const AccessRecord& record) { server.note(record); };
  auto grpc = module.open(std::move(options));
  std::cerr << "gRPC on " << arguments.server.host << ":" << grpc->port() << "\n";
  return grpc;
}

constexpr std::size_t kMuchFreed = std::size_t{8} << 20;

/// What large requests took goes back to the system once they are answered. By itself the C library
/// raises both limits to 32 and 64 MiB once such blocks were freed, and keeps as much a thread.
void give_memory_back() {
  ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 2 << 20);
}

void serve(const ServeArguments& arguments) {
  ignore_signals();
  give_memory_back();
  ServeOptions options = server_options(arguments);
  std::optional<GrpcModule> grpc_module;
  if (arguments.grpc_port) grpc_module.emplace();
  if (!arguments.url_hosts.empty() || !arguments.otlp.empty()) load_http_client();
  StoreOptions stored = store_options(arguments);
  if (arguments.sandbox) {
    say_line("sandbox: " + enter_sandbox(sandbox_options(arguments, stored)));
  }
  ServerMetrics metrics;
  ApiOptions asked = api_options(arguments, metrics);
  const auto keys = asked.keys;
  Scheduler scheduler({arguments.workers, arguments.max_queue,
                       std::chrono::duration_cast<Duration>(
                           std::chrono::duration<double, std::milli>(arguments.max_wait_ms))},
                      metrics);
  stored.on_poll = [keys, tls = options.tls, bodies = options.bodies] {
    refresh_secrets(keys.get(), tls.get());
    // What large requests took lies between what goes on: hand it back once they are answered.
    if (bodies->take_freed(kMuchFreed)) ::malloc_trim(0);
  };
  for (const std::filesystem::path& path :
       {std::filesystem::path(arguments.keys_file), arguments.tls.certificate}) {
    if (!path.empty()) stored.also_watched.push_back(path);
  }
  ModelStore store(std::move(stored), {scheduler, metrics}, say_line);
  options.on_hangup = [&store, keys, tls = options.tls] {
    store.refresh([keys, tls] { refresh_secrets(keys.get(), tls.get()); });
  };
  Api api(store, scheduler, metrics, std::move(asked));
  std::unique_ptr<GrpcServer> grpc;
  options.on_stop = [&grpc, &options] {
    if (grpc) grpc->begin_to_stop(options.drain);
  };
  Server server(options, api);
  const std::shared_ptr<void> before_server(nullptr, [&grpc](void*) { grpc.reset(); });
  if (grpc_module) grpc = open_grpc(*grpc_module, arguments, api, server, options.bodies->limit());
  store.watch();
  say_where(options, server, *store.catalogue(), arguments.allow_empty);
  bool finished = server.run();
  if (grpc) finished = grpc->wait() && finished;
  api.stop_work();  // comparisons by shadows may still be on their way
  if (!finished) {
    throw Error(ErrorKind::failed, "some requests were cut off", url_of(options, server),
                "give them more time by --drain SECONDS");
  }
  say_if_read("stopped; every accepted request was answered\n");
}

}  // namespace

void add_serve(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("serve", "Serve models over HTTP");
  auto arguments = std::make_shared<ServeArguments>();
  add_serve_options(*verb, *arguments);
  verb->callback([arguments] { serve(*arguments); });
}

}  // namespace vitrine
