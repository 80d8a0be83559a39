#include "serve/http/health_probe.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "base/error.h"

namespace vitrine::serve {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

/// Runs each step to its end: success, an error, or the stream's deadline.
class Probe {
  static auto keep(boost::system::error_code& to) {
    return [&to](boost::system::error_code problem, auto&&...) { to = problem; };
  }

 public:
  explicit Probe(const HealthProbe& what) : what_(what), tls_(asio::ssl::context::tls_client) {}

  std::string run() {
    boost::system::error_code problem;
    std::string host = what_.host == "localhost" ? "127.0.0.1" : what_.host;
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    const auto address = asio::ip::make_address(host, problem);
    if (problem) {
      throw Error(ErrorKind::usage, "'" + shown(what_.host) + "' is not an IP address", "--host",
                  "give the address that the server listens on, such as 127.0.0.1 or ::1");
    }
    asio::ssl::stream<beast::tcp_stream> stream(context_, tls_);
    beast::tcp_stream& lowest = stream.next_layer();
    lowest.expires_after(what_.timeout);
    lowest.async_connect({address, what_.port}, keep(problem));
    if (wait(problem)) return "it can't be connected to: " + problem.message();
    if (what_.tls) {
      stream.async_handshake(asio::ssl::stream_base::client, keep(problem));
      if (wait(problem)) return "the TLS handshake failed: " + problem.message();
      return ask(stream);
    }
    return ask(lowest);
  }

 private:
  template <typename Stream>
  std::string ask(Stream& stream) {
    http::request<http::empty_body> request(http::verb::get, what_.target, 11);
    request.set(http::field::host, what_.host);
    request.set(http::field::user_agent, "vitrine-healthcheck");
    request.keep_alive(false);
    boost::system::error_code problem;
    http::async_write(stream, request, keep(problem));
    if (wait(problem)) return "the request can't be sent: " + problem.message();
    beast::flat_buffer buffer;
    http::response_parser<http::string_body> answer;
    answer.body_limit(1 << 16);
    http::async_read(stream, buffer, answer, keep(problem));
    if (wait(problem)) return "there is no response: " + problem.message();
    if (answer.get().result() == http::status::ok) return {};
    return "it returned status " + std::to_string(answer.get().result_int()) + ": " +
           shown(answer.get().body(), 300);
  }

  /// Runs the pending operation. Returns whether it failed.
  bool wait(const boost::system::error_code& problem) {
    context_.restart();
    context_.run();
    return problem.failed();
  }

  const HealthProbe& what_;
  asio::io_context context_;
  asio::ssl::context tls_;
};

}  // namespace

std::string probe_health(const HealthProbe& probe) { return Probe(probe).run(); }

}  // namespace vitrine::serve
