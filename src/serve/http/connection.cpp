// Plan of the file:
// 1. Head of a response: append_head(). It is written by hand, in one buffer with a small body.
// 2. check_header(): requests that Beast accepts and this server refuses.
// 3. BasicConnection<Stream>, one template for TCP, Unix sockets and TLS. serve() loops over
//    serve_one(): wait for a request, read the header, refuse early if possible, read the body
//    within the memory budget, call the API, respond.
// 4. Waiting: every step has a deadline, which the loop checks (on_timeout() cancels the read).
//    While the API works asynchronously, watch_client() detects that the client disconnects.
// 5. close_gently(): the client must get the last response although it may still be sending.
#include "serve/http/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <ctime>
#include <optional>

#include "base/text.h"
#include "base/version.h"
#include "serve/api/http_error.h"

namespace vitrine::serve {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

constexpr std::size_t kLittle = 4096;                    ///< default size of a read in bytes
constexpr auto kGrace = std::chrono::milliseconds(250);  ///< for a request in transit at a stop
constexpr auto kLinger = std::chrono::seconds(2);        ///< for input after the last response

/// "Sun, 22 Nov 2026 21:00:00 GMT"; formatted once per second and thread.
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

/// Appends a header field. Control characters become blanks, so that no value can end the line
/// (header injection).
void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  const std::size_t at = out.size();
  out += value;
  for (std::size_t i = at; i < out.size(); ++i) {
    if (static_cast<unsigned char>(out[i]) < 0x20 || out[i] == 0x7F) out[i] = ' ';
  }
  out += "\r\n";
}

struct AnswerForm {
  unsigned version = 11;
  bool keep_alive = true;
};

void append_head(std::string& out, const HttpResponse& answer, const AnswerForm& form) {
  out += form.version == 10 ? "HTTP/1.0 " : "HTTP/1.1 ";
  out += std::to_string(answer.status);
  out += ' ';
  out += reason_of(answer.status);
  out += "\r\nDate: ";
  out += http_date();
  out += "\r\nServer: vitrine\r\nCache-Control: ";
  out += answer.cache;
  out += "\r\nX-Content-Type-Options: nosniff\r\n";
  if (!answer.content_type.empty()) append_field(out, "Content-Type", answer.content_type);
  for (const auto& [name, value] : answer.headers) append_field(out, name, value);
  if (!form.keep_alive && form.version != 10) out += "Connection: close\r\n";
  if (form.keep_alive && form.version == 10) out += "Connection: keep-alive\r\n";
  if (answer.status != 204 && answer.status != 304) {
    out += "Content-Length: ";
    out += std::to_string(answer.body.size());
    out += "\r\n";
  }
  out += "\r\n";
}

HttpError fault(unsigned status, const std::string& message, const std::string& hint) {
  return {status, message, "the request's header", hint};
}

/// The error for a header that Beast accepts and that must be refused (RFC 9112), or nothing.
std::optional<HttpError> check_header(const RequestHeader& header) {
  const auto hosts = header.count(http::field::host);
  if (header.version() == 11 && hosts != 1) {
    return fault(400, hosts == 0 ? "there is no Host header" : "there are two Host headers",
                 "send exactly one Host header");
  }
  if (header.version() != 11 && header.version() != 10) {
    return fault(505, "this HTTP version is not supported", "use HTTP/1.1");
  }
  const auto encodings = header.count(http::field::transfer_encoding);
  if (encodings > 0) {
    if (header.version() == 10) {
      return fault(400, "HTTP/1.0 does not support Transfer-Encoding", "send a Content-Length");
    }
    if (encodings != 1 || !beast::iequals(header[http::field::transfer_encoding], "chunked")) {
      return fault(501, "this Transfer-Encoding is not supported",
                   "use chunked, or send a Content-Length");
    }
  }
  const auto coding = header[http::field::content_encoding];
  if (!coding.empty() && !beast::iequals(coding, "identity")) {
    return fault(415, "this Content-Encoding is not supported", "send the body uncompressed");
  }
  const auto expectation = header[http::field::expect];
  if (!expectation.empty() && !beast::iequals(expectation, "100-continue")) {
    return fault(417, "this Expect is not supported", "leave out the header Expect");
  }
  return std::nullopt;
}

bool expects_continue(const RequestHeader& header) {
  return header.version() == 11 && beast::iequals(header[http::field::expect], "100-continue");
}

/// The memory to reserve for a body now. It grows with the received part, so that a client that
/// announces a large body and sends nothing does not block others.
std::size_t room_for(const RequestParser& parser) {
  constexpr std::size_t kAtFirst = std::size_t{1} << 20;
  const auto announced = parser.content_length();
  const std::string& body = parser.get().body();
  if (!announced) return body.capacity();
  return std::min(static_cast<std::size_t>(*announced), kAtFirst + 8 * body.size());
}

using TlsStream = asio::ssl::stream<StreamSocket>;

/// An asynchronous response, for which the coroutine waits.
struct Pending {
  explicit Pending(const Executor& loop) : executor(loop), there(loop, Time::max()) {}
  Executor executor;
  Timer there;
  std::optional<HttpResponse> response;  ///< used only on the loop's thread
  Time ready;                            ///< when the response was made
};

template <typename Stream>
class BasicConnection : public Connection,
                        public std::enable_shared_from_this<BasicConnection<Stream>> {
 public:
  template <typename... Arguments>
  BasicConnection(std::string client, bool admin, Loop& loop, Shared& shared,
                  Arguments&&... arguments)
      : stream_(std::forward<Arguments>(arguments)...),
        loop_(loop),
        shared_(shared),
        client_(std::move(client)),
        admin_(admin) {
    shared_.api.metrics().connected(1);
  }
  ~BasicConnection() override { shared_.api.metrics().connected(-1); }

  Task<void> serve() override;
  Task<void> reject_connection() override;
  void shorten_deadlines() override;

 private:
  StreamSocket& socket() {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }
  void on_timeout() override;
  void drop_line_ends();
  void read_first_words();
  Task<bool> shake_hands();
  Task<bool> serve_one();
  Task<bool> serve_request(BodyShare& share);
  Task<bool> wait_for_request();
  template <typename Done>
  Task<error_code> read_until(RequestParser& parser, Done done);
  Task<error_code> write(std::string_view bytes);
  Task<HttpResponse> answer(const Request& request);
  HttpRequest head_of(const Request& request) const;
  std::optional<HttpResponse> refuse_by_head(const RequestParser& parser, BodyShare& share);
  HttpResponse no_room() const;
  Duration waited_in_kernel();
  void watch_client();
  void see_client(bool half_closed);
  HttpResponse problem(const Error& error) const { return error_at(target_, error); }
  std::optional<HttpResponse> answer_to_fault(error_code code, bool header) const;
  Task<bool> respond(HttpResponse response, bool keep_alive);
  Task<void> close_gently();

  Stream stream_;
  Loop& loop_;
  Shared& shared_;
  beast::flat_buffer buffer_;
  std::string client_;
  bool admin_;
  bool idle_ = false;
  std::shared_ptr<std::atomic<Presence>> presence_ =
      std::make_shared<std::atomic<Presence>>(Presence::there);

  // The current request, for the response and the log.
  std::unique_ptr<Scratch> scratch_;  ///< null between two requests
  std::string_view method_;
  std::string_view target_;
  unsigned version_ = 11;
  std::uint64_t watch_id_ = 0;
  Time started_;
  Time answered_ = Clock::now();  ///< when the previous request was answered
};

template <typename Stream>
Task<void> BasicConnection<Stream>::serve() {
  const auto self = this->shared_from_this();
  loop_.watch(*this);
  if (co_await shake_hands()) {
    for (bool more = true; more;) more = co_await serve_one();
    co_await close_gently();
  }
  this->forget_deadlines();
}

template <typename Stream>
Task<bool> BasicConnection<Stream>::shake_hands() {
  if constexpr (std::is_same_v<Stream, TlsStream>) {
    this->set_deadline(shared_.options.header_timeout);
    const auto [code] = co_await stream_.async_handshake(asio::ssl::stream_base::server, kNoThrow);
    co_return !code;
  } else {
    co_return true;
  }
}

/// Cancels the pending read or write. The socket stays open, so that the client can get a 408.
template <typename Stream>
void BasicConnection<Stream>::on_timeout() {
  error_code ignored;
  socket().cancel(ignored);
}

/// Waits for the first bytes of the next request. Returns false if the client disconnected or sent
/// nothing in time.
template <typename Stream>
Task<bool> BasicConnection<Stream>::wait_for_request() {
  idle_ = true;
  const auto [code, bytes] = co_await stream_.async_read_some(buffer_.prepare(kLittle), kNoThrow);
  idle_ = false;
  buffer_.commit(bytes);
  co_return !code;
}

/// RFC 9112, 2.2: empty lines before a request are ignored.
template <typename Stream>
void BasicConnection<Stream>::drop_line_ends() {
  const auto bytes = static_cast<const char*>(buffer_.data().data());
  std::size_t count = 0;
  while (count < buffer_.size() && (bytes[count] == '\r' || bytes[count] == '\n')) ++count;
  buffer_.consume(count);
}

/// Reads method and target of a request line that the parser refused, because the path decides the
/// format of the error response.
template <typename Stream>
void BasicConnection<Stream>::read_first_words() {
  const std::string_view line(static_cast<const char*>(buffer_.data().data()), buffer_.size());
  const std::size_t space = line.find(' ');
  if (space > 20 || space + 1 >= line.size() || line[space + 1] != '/') return;
  method_ = line.substr(0, space);
  target_ = line.substr(space + 1, line.find_first_of(" \r\n", space + 1) - space - 1);
}

/// Reads and parses until `done(parser)` returns true.
template <typename Stream>
template <typename Done>
Task<error_code> BasicConnection<Stream>::read_until(RequestParser& parser, Done done) {
  constexpr std::size_t kMore = 16384;
  constexpr std::size_t kMuch = 65536;
  while (!done(parser)) {
    error_code code;
    while (buffer_.size() > 0 && !done(parser) && !code) {
      buffer_.consume(parser.put(buffer_.data(), code));
    }
    if (code && code != http::error::need_more) co_return code;
    if (done(parser)) break;
    // The unparsed rest is an incomplete header or chunk line, which must not be long.
    if (buffer_.size() > shared_.options.max_header) {
      co_return parser.is_header_done() ? http::error::bad_chunk_extension
                                        : http::error::header_limit;
    }
    const std::uint64_t rest =
        parser.is_header_done() ? parser.content_length_remaining().value_or(0) : 0;
    const std::size_t piece = rest <= kLittle ? kLittle : rest <= BodyShare::kSmall ? kMore : kMuch;
    const auto [read, bytes] = co_await stream_.async_read_some(buffer_.prepare(piece), kNoThrow);
    buffer_.commit(bytes);
    if (read) co_return read;
  }
  co_return error_code();
}

template <typename Stream>
Task<bool> BasicConnection<Stream>::serve_one() {
  drop_line_ends();  // there may be some after the previous request's body
  if (buffer_.size() == 0 && buffer_.capacity() > kLittle) buffer_.shrink_to_fit();
  // One deadline for the whole wait: empty lines do not extend it.
  this->set_deadline(shared_.stopping ? Duration(kGrace) : shared_.options.idle_timeout);
  while (buffer_.size() == 0) {
    const bool there = co_await wait_for_request();
    if (!there) co_return false;
    drop_line_ends();
  }
  scratch_ = loop_.take_scratch();
  BodyShare share(shared_.bodies);
  const bool more = co_await serve_request(share);
  method_ = target_ = {};
  version_ = 11;
  loop_.give_back(std::move(scratch_));
  co_return more;
}

template <typename Stream>
Task<bool> BasicConnection<Stream>::serve_request(BodyShare& share) {
  started_ = Clock::now();
  RequestParser& parser = scratch_->new_parser();
  parser.header_limit(static_cast<std::uint32_t>(shared_.options.max_header));
  parser.body_limit(shared_.options.max_body);
  this->set_deadline(shared_.options.header_timeout);  // for the whole header
  const error_code header_code =
      co_await read_until(parser, [](const RequestParser& p) { return p.is_header_done(); });
  const Request& request = parser.get();
  target_ = request.target();  // empty if the request line was not parsed
  if (!target_.empty()) method_ = request.method_string();
  if (parser.is_header_done()) version_ = request.version();
  if (target_.empty()) read_first_words();
  if (header_code) {
    auto answer = answer_to_fault(header_code, true);
    if (answer) co_await respond(std::move(*answer), false);
    co_return false;
  }
  if (const auto error = check_header(request.base())) {
    co_await respond(problem(*error), false);
    co_return false;
  }
  this->set_deadline(shared_.options.body_timeout);
  if (!parser.is_done()) {
    if (auto refusal = refuse_by_head(parser, share)) {
      co_await respond(std::move(*refusal), false);
      co_return false;
    }
  }
  if (!parser.is_done() && expects_continue(request.base())) {
    if (co_await write("HTTP/1.1 100 Continue\r\n\r\n")) co_return false;
  }
  bool room = true;
  const error_code body_code = co_await read_until(parser, [&](const RequestParser& p) {
    room = p.is_done() || share.grow_to(room_for(p));
    return p.is_done() || !room;
  });
  if (!room) {
    co_await respond(no_room(), false);
    co_return false;
  }
  if (body_code) {
    auto answer = answer_to_fault(body_code, false);
    if (answer) co_await respond(std::move(*answer), false);
    co_return false;
  }

  started_ = Clock::now();
  this->clear_deadline();
  HttpResponse response = co_await answer(request);
  co_return co_await respond(std::move(response), request.keep_alive() && !shared_.stopping);
}

/// The request without its body.
template <typename Stream>
HttpRequest BasicConnection<Stream>::head_of(const Request& request) const {
  HttpRequest head;
  head.method = method_;
  head.target = target_;
  head.headers.reserve(16);
  for (const auto& field : request) head.headers.emplace_back(field.name_string(), field.value());
  head.admin_socket = admin_;
  return head;
}

/// Refuses a request before its body is read, if the body is large or the client waits for
/// `100 Continue`: without permission, for an unknown path, or without memory for the body.
template <typename Stream>
std::optional<HttpResponse> BasicConnection<Stream>::refuse_by_head(const RequestParser& parser,
                                                                    BodyShare& share) {
  const auto announced = parser.content_length();
  const bool small = announced && *announced <= BodyShare::kSmall;
  if (!small || expects_continue(parser.get().base())) {
    if (auto refusal = shared_.api.refuse_by_head(head_of(parser.get()))) return refusal;
  }
  if (!share.grow_to(room_for(parser))) return no_room();
  return std::nullopt;
}

template <typename Stream>
HttpResponse BasicConnection<Stream>::no_room() const {
  shared_.api.metrics().rejected("memory");
  return problem(HttpError(503,
                           "there is not enough memory for this body: the limit of " +
                               with_commas(shared_.bodies.limit() >> 20) +
                               " MiB for all current requests is reached",
                           "the server", "retry in a moment, or send less at a time")
                     .with("Retry-After", "1"));
}

/// Calls the API. If the response is asynchronous, the coroutine waits for it on its loop.
template <typename Stream>
Task<HttpResponse> BasicConnection<Stream>::answer(const Request& request) {
  HttpRequest asked = head_of(request);
  asked.body = request.body();
  const Time now = Clock::now();
  asked.arrived = now - waited_in_kernel();
  asked.return_latency = loop_.return_latency().at(now);
  presence_->store(Presence::there);
  asked.client = presence_;
  auto pending = std::make_shared<Pending>(stream_.get_executor());
  auto at_once = shared_.api.handle(std::move(asked), [pending](HttpResponse response) {
    asio::post(pending->executor,
               [pending, ready = Clock::now(), response = std::move(response)]() mutable {
                 pending->ready = ready;
                 pending->response = std::move(response);
                 pending->there.cancel();
               });
  });
  if (at_once) co_return std::move(*at_once);
  watch_client();
  while (!pending->response) co_await pending->there.async_wait(kNoThrow);
  const Time now_ready = Clock::now();
  loop_.return_latency().note(now_ready - pending->ready, now_ready);
  ++watch_id_;
  error_code ignored;
  socket().cancel(ignored);  // ends watch_client()
  co_return std::move(*pending->response);
}

/// How long the last received bytes waited in the kernel (TCP_INFO), rounded up to the kernel's
/// clock tick, which is usually 4 ms. It measures how late this event loop is.
template <typename Stream>
Duration BasicConnection<Stream>::waited_in_kernel() {
  constexpr unsigned kTick = 4;
  if (!loop_.should_measure_wait()) return {};
  tcp_info info{};
  socklen_t size = offsetof(tcp_info, tcpi_last_data_recv) + sizeof info.tcpi_last_data_recv;
  if (::getsockopt(socket().native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {};
  const unsigned waited = info.tcpi_last_data_recv;
  loop_.note_wait(waited > 0);
  if (!loop_.requests_wait()) return {};
  // Bytes that came during the previous request waited for its response, not for the loop.
  return std::min<Duration>(std::chrono::milliseconds(waited + kTick), Clock::now() - answered_);
}

/// Detects that the client disconnects while the API works on its request.
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
  const auto received = ::recv(socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (received > 0) return;  // the next request (pipelining)
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (received < 0 || half_closed) {
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

/// The response to a request that could not be read; nothing if the client disconnected.
template <typename Stream>
std::optional<HttpResponse> BasicConnection<Stream>::answer_to_fault(error_code code,
                                                                     bool header) const {
  if (this->timed_out()) {
    return problem(
        fault(408, "the request was not received in time", "send it faster, or in smaller parts"));
  }
  if (code == http::error::body_limit) {
    return problem(HttpError(
        413, "the body is larger than " + with_commas(shared_.options.max_body) + " bytes",
        "the request", "send less at a time, or start the server with a larger --max-body"));
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
    return std::nullopt;  // the client disconnected
  }
  return problem(HttpError(
      code == http::error::bad_version ? 505 : 400, "this is not valid HTTP: " + code.message(),
      header ? "the request's header" : "the request's body", "use an HTTP/1.1 client"));
}

/// Writes all bytes. A plain socket is first written directly, which avoids a turn of the loop.
template <typename Stream>
Task<error_code> BasicConnection<Stream>::write(std::string_view bytes) {
  if constexpr (!std::is_same_v<Stream, TlsStream>) {
    error_code code;
    bytes.remove_prefix(stream_.write_some(asio::buffer(bytes), code));
    if (code && code != asio::error::would_block && code != asio::error::try_again) co_return code;
  }
  while (!bytes.empty()) {
    const auto [code, count] = co_await stream_.async_write_some(asio::buffer(bytes), kNoThrow);
    bytes.remove_prefix(count);
    if (code) co_return code;
  }
  co_return error_code();
}

template <typename Stream>
Task<bool> BasicConnection<Stream>::respond(HttpResponse answer, bool keep_alive) {
  constexpr std::size_t kSmall = 16384;
  const bool head = method_ == "HEAD";
  std::string& out = scratch_->out;
  out.clear();
  append_head(out, answer, {version_, keep_alive});
  const bool in_one = !head && answer.body.size() <= kSmall;
  if (in_one) out += answer.body;
  shared_.api.metrics().answered(answer.status);
  this->set_deadline(shared_.options.write_timeout);
  error_code code = co_await write(out);
  if (!code && !head && !in_one) code = co_await write(answer.body);
  shared_.log.write({client_, method_, target_, answer.status, head ? 0 : answer.body.size(),
                     Clock::now() - started_, answer.served});
  answered_ = Clock::now();
  co_return !code && keep_alive;
}

template <typename Stream>
Task<void> BasicConnection<Stream>::reject_connection() {
  const auto self = this->shared_from_this();
  loop_.watch(*this);
  started_ = Clock::now();
  shared_.api.metrics().rejected("connections");
  HttpResponse busy =
      problem(HttpError(503, "there are too many connections", "the server", "retry in a moment")
                  .with("Retry-After", "1"));
  if (co_await shake_hands()) {
    scratch_ = loop_.take_scratch();
    co_await respond(std::move(busy), false);
    co_await close_gently();
  }
  this->forget_deadlines();
}

/// Closes so that the last response reaches a client that is still sending: if a socket is closed
/// with unread input, the kernel resets the connection and the client may lose the response.
template <typename Stream>
Task<void> BasicConnection<Stream>::close_gently() {
  error_code code;
  if constexpr (std::is_same_v<Stream, TlsStream>) {
    this->set_deadline(kGrace);
    co_await stream_.async_shutdown(kNoThrow);
  }
  socket().shutdown(StreamSocket::shutdown_send, code);
  constexpr std::size_t kMostDiscarded = std::size_t{256} << 20;
  this->set_deadline(shared_.stopping ? Duration(kGrace) : Duration(kLinger));
  buffer_.clear();
  buffer_.shrink_to_fit();
  thread_local std::array<char, 65536> nowhere;  // shared by all connections of this loop
  for (std::size_t discarded = 0; !code && discarded < kMostDiscarded;) {
    const auto [read_code, bytes] =
        co_await socket().async_read_some(asio::buffer(nowhere), kNoThrow);
    code = read_code;
    discarded += bytes;
  }
  this->clear_deadline();
  socket().close(code);
}

template <typename Stream>
void BasicConnection<Stream>::shorten_deadlines() {
  if (idle_) this->set_deadline(kGrace);
}

}  // namespace

std::shared_ptr<Connection> plain_connection(StreamSocket socket, std::string client, bool admin,
                                             Loop& loop, Shared& shared) {
  error_code ignored;
  socket.non_blocking(true, ignored);
  return std::make_shared<BasicConnection<StreamSocket>>(std::move(client), admin, loop, shared,
                                                         std::move(socket));
}

std::shared_ptr<Connection> tls_connection(StreamSocket socket, std::string client,
                                           const std::shared_ptr<asio::ssl::context>& context,
                                           Loop& loop, Shared& shared) {
  // The context may be replaced meanwhile: an SSL object holds a reference to its SSL_CTX.
  return std::make_shared<BasicConnection<TlsStream>>(std::move(client), false, loop, shared,
                                                      std::move(socket), *context);
}

}  // namespace vitrine::serve
