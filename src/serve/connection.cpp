#include "serve/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <ctime>
#include <optional>

#include "api/http_error.h"
#include "base/text.h"
#include "base/version.h"

namespace vitrine {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr auto kGrace = std::chrono::milliseconds(250);
constexpr auto kLinger = std::chrono::seconds(2);

/// "Sun, 22 Nov 2026 21:00:00 GMT"; made once a second and thread.
const std::string& http_date() {
  thread_local std::time_t made = 0;
  thread_local std::string text;
  const std::time_t now = std::time(nullptr);
  if (now != made) {
    made = now;
    std::tm parts{};
    gmtime_r(&now, &parts);
    char buffer[64];
    text.assign(buffer, std::strftime(buffer, sizeof buffer, "%a, %d %b %Y %H:%M:%S GMT", &parts));
  }
  return text;
}

using Header = http::request_header<>;

HttpError fault(unsigned status, const std::string& message, const std::string& hint) {
  return {status, message, "the request's header", hint};
}

/// What Beast does not refuse, if there is something.
std::optional<HttpError> check_header(const Header& header) {
  const auto hosts = header.count(http::field::host);
  if (header.version() == 11 && hosts != 1) {
    return fault(400, hosts == 0 ? "there is no Host header" : "there are two Host headers",
                 "send exactly one");
  }
  if (header.version() != 11 && header.version() != 10) {
    return fault(505, "this HTTP version is not spoken here", "use HTTP/1.1");
  }
  const auto encodings = header.count(http::field::transfer_encoding);
  if (encodings > 0) {
    if (header.version() == 10) {
      return fault(400, "HTTP/1.0 has no Transfer-Encoding", "send a Content-Length");
    }
    if (encodings != 1 || !beast::iequals(header[http::field::transfer_encoding], "chunked")) {
      return fault(501, "this Transfer-Encoding is not known here",
                   "send it chunked or with a Content-Length");
    }
  }
  const auto coding = header[http::field::content_encoding];
  if (!coding.empty() && !beast::iequals(coding, "identity")) {
    return fault(415, "this Content-Encoding is not known here", "send the body as it is");
  }
  const auto expectation = header[http::field::expect];
  if (!expectation.empty() && !beast::iequals(expectation, "100-continue")) {
    return fault(417, "this Expect can't be met", "leave it out");
  }
  return std::nullopt;
}

bool expects_continue(const Header& header) {
  return header.version() == 11 && beast::iequals(header[http::field::expect], "100-continue");
}

using TlsStream = asio::ssl::stream<StreamSocket>;

/// Where an answer that comes later is put, and the coroutine waits for it.
struct Pending {
  explicit Pending(const StreamSocket::executor_type& strand)
      : executor(strand), there(strand, asio::steady_timer::time_point::max()) {}
  StreamSocket::executor_type executor;
  asio::steady_timer there;
  std::optional<HttpResponse> response;  ///< touched on the strand alone
};

template <typename Stream>
class BasicConnection : public Connection,
                        public std::enable_shared_from_this<BasicConnection<Stream>> {
 public:
  template <typename... Arguments>
  BasicConnection(std::string client, bool admin, Shared& shared, Arguments&&... arguments)
      : stream_(std::forward<Arguments>(arguments)...),
        timer_(stream_.get_executor()),
        shared_(shared),
        client_(std::move(client)),
        admin_(admin) {
    shared_.api.metrics().connected(1);
  }
  ~BasicConnection() override { shared_.api.metrics().connected(-1); }

  asio::awaitable<void> serve() override;
  asio::awaitable<void> turn_away() override;
  void hurry() override;

 private:
  using Parser = http::request_parser<http::string_body>;

  StreamSocket& socket() {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }
  void set_deadline(std::chrono::steady_clock::duration time);
  void clear_deadline();
  void drop_line_ends();
  asio::awaitable<bool> shake_hands();
  asio::awaitable<bool> serve_one();
  asio::awaitable<bool> wait_for_request();
  asio::awaitable<HttpResponse> answer(const http::request<http::string_body>& request);
  Duration waited_in_kernel();
  void watch_client();
  void see_client(bool half_closed);
  std::optional<HttpResponse> answer_to_fault(error_code code, bool header) const;
  asio::awaitable<bool> respond(HttpResponse response, bool keep_alive);
  asio::awaitable<void> close_gently();

  Stream stream_;
  asio::steady_timer timer_;
  std::uint64_t deadline_id_ = 0;  ///< the one in force; older ones are void
  bool timed_out_ = false;
  Shared& shared_;
  beast::flat_buffer buffer_;
  std::string client_;
  bool admin_;
  bool idle_ = false;
  std::shared_ptr<std::atomic<Presence>> presence_ =
      std::make_shared<std::atomic<Presence>>(Presence::there);

  // Of the request in hand, for the answer and the log.
  std::string method_;
  std::string target_;
  unsigned version_ = 11;
  std::uint64_t watch_id_ = 0;
  std::chrono::steady_clock::time_point started_;
};

template <typename Stream>
asio::awaitable<void> BasicConnection<Stream>::serve() {
  const auto self = this->shared_from_this();
  if (!co_await shake_hands()) co_return;
  for (bool more = true; more;) more = co_await serve_one();
  co_await close_gently();
}

template <typename Stream>
asio::awaitable<bool> BasicConnection<Stream>::shake_hands() {
  if constexpr (std::is_same_v<Stream, TlsStream>) {
    set_deadline(shared_.options.header_timeout);
    const auto [code] = co_await stream_.async_handshake(asio::ssl::stream_base::server, kNoThrow);
    co_return !code;
  } else {
    co_return true;
  }
}

/// What is waited for from now on must end in time, or is cancelled. The socket
/// stays open: the client can still be told.
template <typename Stream>
void BasicConnection<Stream>::set_deadline(std::chrono::steady_clock::duration time) {
  timed_out_ = false;
  timer_.expires_after(time);
  timer_.async_wait([self = this->shared_from_this(), id = ++deadline_id_](error_code code) {
    if (code || id != self->deadline_id_) return;
    self->timed_out_ = true;
    error_code ignored;
    self->socket().cancel(ignored);
  });
}

template <typename Stream>
void BasicConnection<Stream>::clear_deadline() {
  ++deadline_id_;
  timer_.cancel();
  timed_out_ = false;
}

/// Waits until the next request's first bytes are there. False: the client is
/// gone, or said nothing for too long.
template <typename Stream>
asio::awaitable<bool> BasicConnection<Stream>::wait_for_request() {
  set_deadline(shared_.stopping ? std::chrono::steady_clock::duration(kGrace)
                                : shared_.options.idle_timeout);
  idle_ = true;
  const auto [code, bytes] = co_await stream_.async_read_some(buffer_.prepare(4096), kNoThrow);
  idle_ = false;
  buffer_.commit(bytes);
  co_return !code;
}

/// RFC 9112, 2.2: empty lines before a request are passed over.
template <typename Stream>
void BasicConnection<Stream>::drop_line_ends() {
  const auto bytes = static_cast<const char*>(buffer_.data().data());
  std::size_t count = 0;
  while (count < buffer_.size() && (bytes[count] == '\r' || bytes[count] == '\n')) ++count;
  buffer_.consume(count);
}

template <typename Stream>
asio::awaitable<bool> BasicConnection<Stream>::serve_one() {
  method_.clear();
  target_.clear();
  version_ = 11;
  drop_line_ends();  // behind the last request's body, perhaps
  while (buffer_.size() == 0) {
    const bool there = co_await wait_for_request();
    if (!there) co_return false;
    drop_line_ends();
  }
  started_ = std::chrono::steady_clock::now();

  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(shared_.options.max_header));
  parser.body_limit(shared_.options.max_body);
  set_deadline(shared_.options.header_timeout);  // for the header as a whole
  const auto [header_code, header_bytes] =
      co_await http::async_read_header(stream_, buffer_, parser, kNoThrow);
  if (parser.is_header_done()) {
    method_ = parser.get().method_string();
    target_ = parser.get().target();
    version_ = parser.get().version();
  }
  if (header_code) {
    auto answer = answer_to_fault(header_code, true);
    if (answer) co_await respond(std::move(*answer), false);
    co_return false;
  }
  if (const auto met = check_header(parser.get().base())) {
    co_await respond(problem(*met), false);
    co_return false;
  }
  set_deadline(shared_.options.body_timeout);
  if (!parser.is_done() && expects_continue(parser.get().base())) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const auto [code, bytes] =
        co_await asio::async_write(stream_, asio::buffer(kContinue), kNoThrow);
    if (code) co_return false;
  }
  const auto [body_code, body_bytes] =
      co_await http::async_read(stream_, buffer_, parser, kNoThrow);
  if (body_code) {
    auto answer = answer_to_fault(body_code, false);
    if (answer) co_await respond(std::move(*answer), false);
    co_return false;
  }

  started_ = std::chrono::steady_clock::now();
  clear_deadline();
  HttpResponse response = co_await answer(parser.get());
  co_return co_await respond(std::move(response), parser.get().keep_alive() && !shared_.stopping);
}

/// Asks the API. Where the answer comes later the coroutine waits for it, on its strand.
template <typename Stream>
asio::awaitable<HttpResponse> BasicConnection<Stream>::answer(
    const http::request<http::string_body>& request) {
  HttpRequest asked;
  asked.method = method_;
  asked.target = target_;
  asked.body = request.body();
  for (const auto& field : request) asked.headers.emplace_back(field.name_string(), field.value());
  asked.admin_socket = admin_;
  asked.arrived = Clock::now() - waited_in_kernel();
  presence_->store(Presence::there);
  asked.client = presence_;
  auto pending = std::make_shared<Pending>(stream_.get_executor());
  auto at_once = shared_.api.handle(std::move(asked), [pending](HttpResponse response) {
    asio::post(pending->executor, [pending, response = std::move(response)]() mutable {
      pending->response = std::move(response);
      pending->there.cancel();
    });
  });
  if (at_once) co_return std::move(*at_once);
  watch_client();
  while (!pending->response) co_await pending->there.async_wait(kNoThrow);
  ++watch_id_;
  error_code ignored;
  socket().cancel(ignored);  // the watch
  co_return std::move(*pending->response);
}

/// How long the last bytes that came have lain on this machine, rounded up: the kernel counts in
/// its own ticks, of 4 ms as a rule.
template <typename Stream>
Duration BasicConnection<Stream>::waited_in_kernel() {
  constexpr unsigned kTick = 4;
  tcp_info info{};
  socklen_t size = offsetof(tcp_info, tcpi_last_data_recv) + sizeof info.tcpi_last_data_recv;
  if (::getsockopt(socket().native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {};
  const unsigned waited = info.tcpi_last_data_recv;
  return std::chrono::milliseconds(waited == 0 ? 0 : waited + kTick);
}

/// Notes when the client leaves while its answer is being made.
template <typename Stream>
void BasicConnection<Stream>::watch_client() {
  socket().async_wait(StreamSocket::wait_read,
                      [self = this->shared_from_this(), id = ++watch_id_](error_code code) {
                        if (code || id != self->watch_id_) return;
                        self->see_client(false);
                      });
}

template <typename Stream>
void BasicConnection<Stream>::see_client(bool half_closed) {
  char byte = 0;
  const auto got = ::recv(socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got > 0) return;  // the next request, already
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got < 0 || half_closed) {
    presence_->store(Presence::gone);
    return;
  }
  presence_->store(Presence::half_closed);
  socket().async_wait(StreamSocket::wait_error,
                      [self = this->shared_from_this(), id = watch_id_](error_code code) {
                        if (code || id != self->watch_id_) return;
                        self->see_client(true);
                      });
}

/// The answer to a request that could not be read, if somebody may still listen.
template <typename Stream>
std::optional<HttpResponse> BasicConnection<Stream>::answer_to_fault(error_code code,
                                                                     bool header) const {
  if (timed_out_) {
    return problem(
        fault(408, "the request did not come in time", "send it faster, or in smaller pieces"));
  }
  if (code == http::error::body_limit) {
    return problem(HttpError(
        413, "the body is larger than " + with_commas(shared_.options.max_body) + " bytes",
        "the request", "send less at a time; --max-body sets the limit"));
  }
  if (code == http::error::header_limit || code == http::error::buffer_overflow) {
    return problem(fault(
        431, "the header is larger than " + with_commas(shared_.options.max_header) + " bytes",
        "send fewer or shorter headers"));
  }
  if (code == http::error::bad_transfer_encoding) {
    return problem(fault(400, "Transfer-Encoding and Content-Length contradict each other",
                         "send one of them"));
  }
  const bool http_fault = code.category() == error_code(http::error::bad_version).category();
  if (!http_fault || code == http::error::end_of_stream || code == http::error::partial_message) {
    return std::nullopt;  // the client is gone
  }
  return problem(HttpError(
      code == http::error::bad_version ? 505 : 400, "this is not valid HTTP: " + code.message(),
      header ? "the request's header" : "the request's body", "use an HTTP/1.1 client"));
}

template <typename Stream>
asio::awaitable<bool> BasicConnection<Stream>::respond(HttpResponse answer, bool keep_alive) {
  const bool head = method_ == "HEAD";
  http::response<http::string_body> response{static_cast<http::status>(answer.status),
                                             version_ == 10 ? 10U : 11U};
  response.reason(reason_of(answer.status));
  response.set(http::field::date, http_date());
  response.set(http::field::server, "vitrine");
  if (!answer.content_type.empty()) response.set(http::field::content_type, answer.content_type);
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : answer.headers) response.set(name, value);
  response.keep_alive(keep_alive);
  const std::size_t bytes = answer.body.size();
  if (answer.status != 204) response.content_length(bytes);
  if (!head) response.body() = std::move(answer.body);
  shared_.api.metrics().answered(answer.status);
  set_deadline(shared_.options.write_timeout);
  http::response_serializer<http::string_body> serializer(response);
  const auto [code, written] =
      head ? co_await http::async_write_header(stream_, serializer, kNoThrow)
           : co_await http::async_write(stream_, serializer, kNoThrow);
  shared_.log.write({client_, method_, target_, answer.status, head ? 0 : bytes,
                     std::chrono::steady_clock::now() - started_, answer.served});
  co_return !code && keep_alive;
}

template <typename Stream>
asio::awaitable<void> BasicConnection<Stream>::turn_away() {
  started_ = std::chrono::steady_clock::now();
  const auto self = this->shared_from_this();
  shared_.api.metrics().rejected("connections");
  HttpResponse busy = problem(
      HttpError(503, "there are too many connections", "the server", "try again in a moment")
          .with("Retry-After", "1"));
  if (!co_await shake_hands()) co_return;
  co_await respond(std::move(busy), false);
  co_await close_gently();
}

/// Closes so that the last answer reaches a client that is still sending: the
/// kernel drops unread answers of a socket that is closed with input left.
template <typename Stream>
asio::awaitable<void> BasicConnection<Stream>::close_gently() {
  error_code code;
  if constexpr (std::is_same_v<Stream, TlsStream>) {
    set_deadline(kGrace);
    co_await stream_.async_shutdown(kNoThrow);
  }
  socket().shutdown(StreamSocket::shutdown_send, code);
  constexpr std::size_t kMostDiscarded = std::size_t{256} << 20;
  set_deadline(shared_.stopping ? std::chrono::steady_clock::duration(kGrace) : kLinger);
  buffer_.clear();
  for (std::size_t discarded = 0; !code && discarded < kMostDiscarded;) {
    const auto [read_code, bytes] =
        co_await socket().async_read_some(buffer_.prepare(65536), kNoThrow);
    code = read_code;
    discarded += bytes;
  }
  clear_deadline();
  socket().close(code);
}

template <typename Stream>
void BasicConnection<Stream>::hurry() {
  if (idle_) set_deadline(kGrace);
}

}  // namespace

std::shared_ptr<Connection> plain_connection(StreamSocket socket, std::string client, bool admin,
                                             Shared& shared) {
  return std::make_shared<BasicConnection<StreamSocket>>(std::move(client), admin, shared,
                                                         std::move(socket));
}

std::shared_ptr<Connection> tls_connection(StreamSocket socket, std::string client,
                                           std::shared_ptr<asio::ssl::context> context,
                                           Shared& shared) {
  // The stream keeps what it needs of the context alive (an SSL refers to its SSL_CTX).
  return std::make_shared<BasicConnection<TlsStream>>(std::move(client), false, shared,
                                                      std::move(socket), *context);
}

}  // namespace vitrine
