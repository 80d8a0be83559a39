// Plan of the file:
// 1. code_of(): HTTP status to gRPC status; address_of() and steady(): peer and deadline.
// 2. CallReactor: one call, in gRPC's callback API. Read, ask(), answer(); a stream repeats this.
//    It owns itself: gRPC calls OnDone() last. Its callbacks never run concurrently, except
//    OnCancel().
// 3. IdleStreams: streams that wait for their client; a stop cancels them.
// 4. GenericServer: credentials, limits and the stop. Protobuf is not used here: messages are
//    opaque bytes, which serve/api/grpc_adapter.h reads.
#include "serve/grpc/generic_server.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/text.h"

namespace vitrine::serve {
namespace {

/// The gRPC status for an HTTP status. No other place converts them.
grpc::StatusCode code_of(unsigned http) {
  switch (http) {
    case 200:
      return grpc::StatusCode::OK;
    case 400:
    case 422:
      return grpc::StatusCode::INVALID_ARGUMENT;
    case 401:
      return grpc::StatusCode::UNAUTHENTICATED;
    case 403:
      return grpc::StatusCode::PERMISSION_DENIED;
    case 404:
      return grpc::StatusCode::NOT_FOUND;
    case 413:
    case 429:
      return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case 501:
      return grpc::StatusCode::UNIMPLEMENTED;
    case 503:
      return grpc::StatusCode::UNAVAILABLE;
    case 504:
      return grpc::StatusCode::DEADLINE_EXCEEDED;
    default:
      return grpc::StatusCode::INTERNAL;
  }
}

/// The address in a peer's name: "192.0.2.1" of "ipv4:192.0.2.1:5000".
std::string address_of(std::string_view peer) {
  const std::size_t scheme = peer.find(':');
  const std::size_t port = peer.rfind(':');
  if (scheme == std::string_view::npos || port <= scheme) return std::string(peer);
  peer = peer.substr(scheme + 1, port - scheme - 1);
  if (peer.starts_with("%5B") && peer.ends_with("%5D")) peer = peer.substr(3, peer.size() - 6);
  return std::string(peer);
}

Time steady(std::chrono::system_clock::time_point deadline) {
  const auto left = deadline - std::chrono::system_clock::now();
  return left > std::chrono::hours(24) ? Time::max()
                                       : Clock::now() + std::chrono::duration_cast<Duration>(left);
}

/// Streams that wait for their client's next message; a stop cancels them. Thread-safe.
class IdleStreams {
 public:
  /// Returns false if the server is stopping.
  bool enter(grpc::GenericCallbackServerContext& context) {
    const std::lock_guard lock(mutex_);
    if (!stopping_) all_.insert(&context);
    return !stopping_;
  }
  void leave(grpc::GenericCallbackServerContext& context) {
    const std::lock_guard lock(mutex_);
    all_.erase(&context);
  }
  void end_all() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (auto* context : all_) context->TryCancel();
  }

 private:
  std::mutex mutex_;
  bool stopping_ = false;
  std::set<grpc::GenericCallbackServerContext*> all_;
};

/// One call: reads a message, calls the API, writes the response; a stream repeats this. Deletes
/// itself in OnDone().
class CallReactor : public grpc::ServerGenericBidiReactor {
 public:
  CallReactor(const GrpcOptions& options, IdleStreams& idle,
              grpc::GenericCallbackServerContext& context)
      : options_(options),
        idle_(idle),
        context_(context),
        client_(address_of(context.peer())),
        streams_(context.method().ends_with("/ModelStreamInfer")),
        presence_(std::make_shared<std::atomic<Presence>>(Presence::there)) {
    for (const auto& [key, value] : context.client_metadata()) {
      headers_.emplace_back(std::string_view(key.data(), key.size()),
                            std::string_view(value.data(), value.size()));
    }
    read();
  }

  void OnReadDone(bool ok) override {
    if (streams_) idle_.leave(context_);
    if (ok) {
      ask();
    } else if (streams_) {
      Finish(grpc::Status::OK);  // the client closed its side
    } else {
      Finish({grpc::StatusCode::INVALID_ARGUMENT, "the call has no message"});
    }
  }

  void OnWriteDone(bool ok) override {  // only streams: other calls end with their only write
    if (ok) {
      read();
    } else {
      Finish({grpc::StatusCode::CANCELLED, "the client disconnected"});
    }
  }

  void OnCancel() override { presence_->store(Presence::gone); }
  void OnDone() override { delete this; }

 private:
  void read() {
    if (streams_ && !idle_.enter(context_)) {
      return Finish({grpc::StatusCode::UNAVAILABLE, "the server is stopping"});
    }
    StartRead(&message_);
  }

  /// Finishes the call even if an exception is thrown, because a stop waits for all calls.
  void ask() {
    try {
      ask_the_api();
    } catch (const std::exception&) {
      Finish({grpc::StatusCode::RESOURCE_EXHAUSTED, "there is not enough memory for this call"});
    }
  }

  void ask_the_api() {
    began_ = Clock::now();
    if (!message_.DumpToSingleSlice(&slice_).ok()) {
      return Finish({grpc::StatusCode::INTERNAL, "the message can't be read"});
    }
    HttpRequest request;
    request.method = "POST";
    request.target = context_.method();
    request.body = {reinterpret_cast<const char*>(slice_.begin()), slice_.size()};
    request.headers = headers_;
    request.grpc = true;
    request.client = presence_;
    request.deadline = steady(context_.deadline());
    auto at_once = options_.handle(std::move(request),
                                   [this](HttpResponse response) { answer(std::move(response)); });
    if (at_once) answer(std::move(*at_once));
  }

  void answer(HttpResponse response) {
    options_.answered({client_, "POST", context_.method(), response.status, response.body.size(),
                       Clock::now() - began_, response.served});
    const auto buffer = [&] {
      const grpc::Slice slice(response.body);
      return grpc::ByteBuffer(&slice, 1);
    };
    if (streams_) {  // an error is a message and does not end the stream
      out_ = buffer();
      return StartWrite(&out_);
    }
    for (const auto& [name, value] : response.headers) {
      context_.AddTrailingMetadata(lower_ascii(name), value);
    }
    if (response.status != 200) return Finish({code_of(response.status), response.body});
    out_ = buffer();
    StartWriteAndFinish(&out_, {}, grpc::Status::OK);
  }

  const GrpcOptions& options_;
  IdleStreams& idle_;
  grpc::GenericCallbackServerContext& context_;
  std::string client_;
  bool streams_;
  std::shared_ptr<std::atomic<Presence>> presence_;
  std::vector<std::pair<std::string_view, std::string_view>> headers_;
  grpc::ByteBuffer message_;
  grpc::Slice slice_;  ///< the message as contiguous bytes; the request refers to it
  grpc::ByteBuffer out_;
  Time began_;
};

class Service : public grpc::CallbackGenericService {
 public:
  Service(const GrpcOptions& options, IdleStreams& idle) : options_(options), idle_(idle) {}
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    return new CallReactor(options_, idle_, *context);
  }

 private:
  const GrpcOptions& options_;
  IdleStreams& idle_;
};

std::shared_ptr<grpc::ServerCredentials> credentials(const TlsFiles& files) {
  if (files.certificate.empty()) return grpc::InsecureServerCredentials();
  namespace tls = grpc::experimental;
  constexpr unsigned kReloadSeconds = 5;
  tls::TlsServerCredentialsOptions options(std::make_shared<tls::FileWatcherCertificateProvider>(
      files.key, files.certificate, files.client_ca, kReloadSeconds));
  options.watch_identity_key_cert_pairs();
  if (!files.client_ca.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return tls::TlsServerCredentials(options);
}

int milliseconds(std::chrono::seconds time) {
  return static_cast<int>(std::chrono::milliseconds(time).count());
}

class GenericServer : public GrpcServer {
 public:
  explicit GenericServer(GrpcOptions options)
      : options_(std::move(options)), service_(options_, idle_) {
    const bool v6 = options_.host.find(':') != std::string::npos;
    const std::string address =
        (v6 ? "[" + options_.host + "]" : options_.host) + ":" + std::to_string(options_.port);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(address, credentials(options_.tls), &port);
    builder.RegisterCallbackGenericService(&service_);
    builder.SetMaxReceiveMessageSize(static_cast<int>(
        std::min<std::size_t>(options_.max_message, std::numeric_limits<int>::max())));
    // Limits the memory of incoming messages of all calls. Keepalive detects dead clients.
    grpc::ResourceQuota quota("vitrine");
    quota.Resize(std::max(options_.memory, 2 * options_.max_message));
    builder.SetResourceQuota(quota);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
    // No compression: a small message could decompress to any size.
    builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
    builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, options_.reuse_port ? 1 : 0);
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, static_cast<int>(options_.max_header));
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS,
                               milliseconds(options_.idle_timeout));
    builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                               milliseconds(options_.handshake_timeout));
    constexpr int kMostStreams = 256;  // concurrent calls per connection
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMostStreams);
    server_ = builder.BuildAndStart();
    if (!server_ || port == 0) {
      throw Error(ErrorKind::failed, "gRPC can't listen", address,
                  "choose another --grpc-port (0: a free one), and check the certificates");
    }
    port_ = static_cast<std::uint16_t>(port);
  }

  ~GenericServer() override {
    if (stopping_.joinable()) stopping_.join();
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
  }

  std::uint16_t port() const override { return port_; }

  void begin_to_stop(std::chrono::seconds drain) override {
    idle_.end_all();
    stopping_ = std::thread([this, drain] {
      const Time began = Clock::now();
      server_->Shutdown(std::chrono::system_clock::now() + drain);
      in_time_ = Clock::now() - began < drain;
    });
  }

  bool wait() override {
    if (stopping_.joinable()) stopping_.join();
    return in_time_;
  }

 private:
  GrpcOptions options_;
  IdleStreams idle_;
  Service service_;
  std::unique_ptr<grpc::Server> server_;
  std::uint16_t port_ = 0;
  std::thread stopping_;
  bool in_time_ = true;
};

}  // namespace

std::unique_ptr<GrpcServer> open_generic_server(GrpcOptions options) {
  return std::make_unique<GenericServer>(std::move(options));
}

}  // namespace vitrine::serve
