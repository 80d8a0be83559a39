// The gRPC server, on a port of its own. gRPC and what it brings (6 MB of libraries) are in a
// module, lib/vitrine/libvitrine-grpc.so, that is loaded where --grpc-port asks for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/version.h"
#include "serve/access_log.h"
#include "serve/tls_files.h"

namespace vitrine {

struct GrpcOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any free one
  bool reuse_port = false;
  TlsFiles tls;  ///< empty: plain text. Read again when the files change
  std::size_t max_message = std::size_t{16} << 20;
  std::size_t memory = std::size_t{192} << 20;  ///< for messages in flight
  std::size_t max_header = std::size_t{16} << 10;
  std::chrono::seconds idle_timeout{75};
  std::chrono::seconds handshake_timeout{10};

  /// Api::handle. What its request looks at stays until it is answered.
  std::function<std::optional<HttpResponse>(HttpRequest request, Later later)> handle;
  /// Called for each answer, on any thread.
  std::function<void(const AccessRecord& record)> answered;
};

class GrpcServer {
 public:
  /// Ends what still runs.
  virtual ~GrpcServer() = default;

  virtual std::uint16_t port() const = 0;

  /// Takes no new calls; what was accepted gets `drain` to end. Returns at once. Thread-safe.
  virtual void begin_to_stop(std::chrono::seconds drain) = 0;

  /// Waits for the end that begin_to_stop() began. True if all calls were answered.
  virtual bool wait() = 0;
};

/// The module, for good: gRPC keeps threads.
class GrpcModule {
 public:
  /// Throws Error(failed) where it is not there, or of another build. To be loaded before the
  /// sandbox closes.
  GrpcModule();

  /// Binds and serves. Throws Error(failed): port taken, unusable certificates.
  std::unique_ptr<GrpcServer> open(GrpcOptions options) const;

 private:
  void* open_;
};

/// A module of another build is refused.
inline std::string grpc_build() {
  return std::string(kVersion) + "/" + std::to_string(sizeof(GrpcOptions)) + "/" +
         std::to_string(sizeof(HttpRequest)) + "/" + std::to_string(sizeof(HttpResponse));
}

}  // namespace vitrine
