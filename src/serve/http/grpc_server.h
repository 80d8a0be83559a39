// The gRPC server, on its own port. gRPC (6 MB of libraries) is in a module,
// lib/vitrine/libvitrine-grpc.so, that is loaded only with --grpc-port.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "serve/http/access_log.h"
#include "serve/http/tls_files.h"

namespace vitrine::serve {

struct GrpcOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any free port
  bool reuse_port = false;
  TlsFiles tls;  ///< empty: no TLS. Reloaded when the files change
  std::size_t max_message = std::size_t{16} << 20;  ///< bytes
  std::size_t memory = std::size_t{192} << 20;      ///< bytes, for the messages of current calls
  std::size_t max_header = std::size_t{16} << 10;   ///< bytes
  std::chrono::seconds idle_timeout{75};
  std::chrono::seconds handshake_timeout{10};

  /// Api::handle. The memory that a request refers to lives until it is answered.
  std::function<std::optional<HttpResponse>(HttpRequest request, CompletionCallback done)> handle;
  /// Called for each response, on any thread.
  std::function<void(const AccessRecord& record)> answered;
};

class GrpcServer {
 public:
  /// Cancels running calls.
  virtual ~GrpcServer() = default;

  virtual std::uint16_t port() const = 0;

  /// Accepts no new calls; accepted calls get `drain` to finish. Returns at once. Thread-safe.
  virtual void begin_to_stop(std::chrono::seconds drain) = 0;

  /// Waits until the stop is complete; call begin_to_stop() first. Returns whether all calls were
  /// answered.
  virtual bool wait() = 0;
};

/// The functions of the module.
struct GrpcEntryPoints {
  std::unique_ptr<GrpcServer> (*open)(GrpcOptions options);
};

/// The loaded module. It is never unloaded, because gRPC keeps threads.
class GrpcModule {
 public:
  /// Loads the module; call it before enter_sandbox(). Throws Error(failed) if it is not installed
  /// or belongs to another build.
  GrpcModule();

  /// Binds and serves. Throws Error(failed): port taken, unusable certificates.
  std::unique_ptr<GrpcServer> open(GrpcOptions options) const;

 private:
  const GrpcEntryPoints& entry_points_;
};

}  // namespace vitrine::serve
