// The options of `serve` (also of `lambda` and of packages), and their conversion to the options of
// the server's parts.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/default_port.h"
#include "sandbox/sandbox.h"
#include "serve/http/grpc_server.h"
#include "serve/http/server.h"
#include "serve/models/model_store.h"

namespace vitrine::cli {

struct ServeArguments {
  std::vector<std::string> models;
  std::string folder;
  std::size_t versions = 3;
  double poll_seconds = 5;
  bool allow_empty = false;
  bool strict = false;
  std::vector<std::string> labels;    ///< NAME=LABEL:VERSION
  std::vector<std::string> canaries;  ///< NAME=VERSION:PERCENT
  std::vector<std::string> shadows;   ///< NAME=VERSION
  std::vector<std::string> batches;   ///< auto | N | NAME=auto | NAME=N
  double batch_wait_ms = 10;
  std::size_t workers = 0;
  std::size_t max_queue = 1000;
  double max_wait_ms = 1000;
  serve::ServeOptions server;
  unsigned port = kDefaultPort;
  std::optional<unsigned> grpc_port;  ///< none: no gRPC
  std::size_t max_body_mb = 16;       ///< MiB
  std::size_t body_memory_mb = 0;     ///< MiB; 0: a quarter of the memory, at most 192 MiB
  std::size_t drain_seconds = 30;
  std::size_t stop_delay_seconds = 0;
  std::string log = "text";
  std::vector<std::string> url_hosts;
  std::string keys_file;
  std::vector<std::string> cors;
  serve::TlsFiles tls;
  std::string signer;  ///< public key file (PEM); empty: signatures are not required
  bool sandbox = false;
  std::string prediction_log;
  std::size_t prediction_log_mb = 64;
  std::string otlp;
};

/// Adds the options to the verb. `arguments` must outlive `verb`; parsing fills it.
void add_serve_options(CLI::App& verb, ServeArguments& arguments);

/// All throw Error(usage) for options that contradict each other, and Error(bad_input) for files
/// that can't be read.
serve::StoreOptions store_options(const ServeArguments& arguments);
serve::ServeOptions server_options(const ServeArguments& arguments);
serve::ApiOptions api_options(const ServeArguments& arguments, telemetry::ServerMetrics& metrics);
/// The options that gRPC shares with HTTP; `handle` and `answered` are left empty.
serve::GrpcOptions grpc_options(const ServeArguments& arguments);
sandbox::SandboxOptions sandbox_options(const ServeArguments& arguments,
                                        const serve::StoreOptions& store);

}  // namespace vitrine::cli
