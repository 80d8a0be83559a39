// The command line of `serve`, as text and as what it means.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "host/model_store.h"
#include "serve/grpc_server.h"
#include "serve/sandbox.h"
#include "serve/server.h"

namespace vitrine {

struct ServeArguments {
  std::vector<std::string> models;
  std::string folder;
  std::size_t versions = 3;
  double poll_seconds = 5;
  bool allow_empty = false;
  std::vector<std::string> labels;    ///< NAME=LABEL:VERSION
  std::vector<std::string> canaries;  ///< NAME=VERSION:PERCENT
  std::vector<std::string> shadows;   ///< NAME=VERSION
  std::vector<std::string> batches;   ///< auto | N | NAME=auto | NAME=N
  double batch_wait_ms = 10;
  std::size_t workers = 0;
  std::size_t max_queue = 1000;
  double max_wait_ms = 1000;
  ServeOptions server;
  unsigned port = 9696;
  std::optional<unsigned> grpc_port;  ///< none: no gRPC
  std::size_t max_body_mb = 16;
  std::size_t body_memory_mb = 0;  ///< 0: by the memory that there is
  std::size_t drain_seconds = 30;
  std::size_t stop_delay_seconds = 0;
  std::string log = "text";
  std::vector<std::string> url_hosts;
  std::string keys_file;
  std::vector<std::string> cors;
  TlsFiles tls;
  std::string signer;  ///< public key that model files must be signed for
  bool sandbox = false;
  std::string prediction_log;
  std::size_t prediction_log_mb = 64;
  std::string otlp;
};

/// Adds the options to the verb; they are there once the line is parsed.
void add_serve_options(CLI::App& verb, ServeArguments& arguments);

/// Throw Error(usage) for what does not fit together.
StoreOptions store_options(const ServeArguments& arguments);
ServeOptions server_options(const ServeArguments& arguments);
ApiOptions api_options(const ServeArguments& arguments, ServerMetrics& metrics);
/// What gRPC shares with HTTP; who answers is left open.
GrpcOptions grpc_options(const ServeArguments& arguments);
SandboxOptions sandbox_options(const ServeArguments& arguments, const StoreOptions& store);

}  // namespace vitrine
