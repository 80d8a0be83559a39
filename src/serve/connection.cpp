#include "serve/connection.h"

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

#include "api/http_error.h"
#include "base/text.h"
#include "base/version.h"

namespace vitrine {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

constexpr std::size_t kLittle = 4096;  ///< bytes that are read at a time, as a rule
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

/// A field of an answer's head. What would end the line becomes a blank.
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

/// What Beast does not refuse, if there is something.
std::optional<HttpError> check_header(const RequestHeader& header) {
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

bool expects_continue(const RequestHeader& header) {
  return header.version() == 11 && beast::iequals(header[http::field::expect], "100-continue");
}

/// Memory that a body needs soon. One that says how long it will be gets it all once a part came: a
/// sender that says much and sends nothing keeps no other one out.
std::size_t room_for(const RequestParser& parser) {
  constexpr std::size_t kAtFirst = std::size_t{1} << 20;
  const auto announced = parser.content_length();
  const std::string& body = parser.get().body();
  if (!announced) return body.capacity();
  return std::min(static_cast<std::size_t>(*announced), kAtFirst + 8 * body.size());
}

using TlsStream = asio::ssl::stream<StreamSocket>;

/// Where an answer that comes later is put, and the coroutine waits for it.
struct Pending {
  explicit Pending(const Executor& loop) : executor(loop), there(loop, Time::max()) {}
  Executor executor;
  Timer there;
  std::optional<HttpResponse> response;  ///< touched on the loop's thread alone
  Time ready;                            ///< when it was made
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
  Task<void> turn_away() override;
  void hurry() override;

 private:
  StreamSocket& socket() {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }
  void give_up() override;
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

  // Of the request in hand, for the answer and the log.
  std::unique_ptr<Scratch> scratch_;  ///< null between two requests
  std::string_view method_;
  std::string_view target_;
  unsigned version_ = 11;
  std::uint64_t watch_id_ = 0;
  Time started_;
  Time answered_ = Clock::now();  ///< the request before
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

/// The socket stays open: the client can still be told.
template <typename Stream>
void BasicConnection<Stream>::give_up() {
  error_code ignored;
  socket().cancel(ignored);
}

/// Waits until the next request's first bytes are there. False: the client is
/// gone, or said nothing for too long.
template <typename Stream>
Task<bool> BasicConnection<Stream>::wait_for_request() {
  idle_ = true;
  const auto [code, bytes] = co_await stream_.async_read_some(buffer_.prepare(kLittle), kNoThrow);
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

/// Method and target of a first line that the parser did not take: a fault is told in the form of
/// the protocol that was asked.
template <typename Stream>
void BasicConnection<Stream>::read_first_words() {
  const std::string_view line(static_cast<const char*>(buffer_.data().data()), buffer_.size());
  const std::size_t space = line.find(' ');
  if (space > 20 || space + 1 >= line.size() || line[space + 1] != '/') return;
  method_ = line.substr(0, space);
  target_ = line.substr(space + 1, line.find_first_of(" \r\n", space + 1) - space - 1);
}

/// Feeds the parser what comes until `done` says that it has enough.
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
    // What the parser does not take yet is the line of a chunk, or a header: neither is long.
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
  drop_line_ends();  // behind the last request's body, perhaps
  if (buffer_.size() == 0 && buffer_.capacity() > kLittle) buffer_.shrink_to_fit();
  // For the whole wait: empty lines do not make it longer.
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
  this->set_deadline(shared_.options.header_timeout);  // for the header as a whole
  const error_code header_code =
      co_await read_until(parser, [](const RequestParser& p) { return p.is_header_done(); });
  const Request& request = parser.get();
  target_ = request.target();  // there once the first line is
  if (!target_.empty()) method_ = request.method_string();
  if (parser.is_header_done()) version_ = request.version();
  if (target_.empty()) read_first_words();
  if (header_code) {
    auto answer = answer_to_fault(header_code, true);
    if (answer) co_await respond(std::move(*answer), false);
    co_return false;
  }
  if (const auto met = check_header(request.base())) {
    co_await respond(problem(*met), false);
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

/// What a request says before its body.
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

/// Of a request whose body is still to come, and either not small or waiting to be asked for:
/// whoever may not ask, or asks for what is not there, sends nothing more.
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
                           "there is no memory for this body now: bodies in flight have their " +
                               with_commas(shared_.bodies.limit() >> 20) + " MiB",
                           "the server", "try again in a moment, or send less at a time")
                     .with("Retry-After", "1"));
}

/// Asks the API. Where the answer comes later the coroutine waits for it, on its loop.
template <typename Stream>
Task<HttpResponse> BasicConnection<Stream>::answer(const Request& request) {
  HttpRequest asked = head_of(request);
  asked.body = request.body();
  const Time now = Clock::now();
  asked.arrived = now - waited_in_kernel();
  asked.way_back = loop_.way_back().at(now);
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
  loop_.way_back().note(now_ready - pending->ready, now_ready);
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
  if (!loop_.ask_for_wait()) return {};
  tcp_info info{};
  socklen_t size = offsetof(tcp_info, tcpi_last_data_recv) + sizeof info.tcpi_last_data_recv;
  if (::getsockopt(socket().native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {};
  const unsigned waited = info.tcpi_last_data_recv;
  loop_.note_wait(waited > 0);
  if (!loop_.requests_wait()) return {};
  // Bytes that came while the answer before was made waited for that, not for us.
  return std::min<Duration>(std::chrono::milliseconds(waited + kTick), Clock::now() - answered_);
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
  if (this->timed_out()) {
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

/// All of it. What the socket takes at once costs no way round by the loop.
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
Task<void> BasicConnection<Stream>::turn_away() {
  const auto self = this->shared_from_this();
  loop_.watch(*this);
  started_ = Clock::now();
  shared_.api.metrics().rejected("connections");
  HttpResponse busy = problem(
      HttpError(503, "there are too many connections", "the server", "try again in a moment")
          .with("Retry-After", "1"));
  if (co_await shake_hands()) {
    scratch_ = loop_.take_scratch();
    co_await respond(std::move(busy), false);
    co_await close_gently();
  }
  this->forget_deadlines();
}

/// Closes so that the last answer reaches a client that is still sending: the
/// kernel drops unread answers of a socket that is closed with input left.
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
  thread_local std::array<char, 65536> nowhere;  // of all connections of this loop
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
void BasicConnection<Stream>::hurry() {
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
                                           std::shared_ptr<asio::ssl::context> context, Loop& loop,
                                           Shared& shared) {
  // The stream keeps what it needs of the context alive (an SSL refers to its SSL_CTX).
  return std::make_shared<BasicConnection<TlsStream>>(std::move(client), false, loop, shared,
                                                      std::move(socket), *context);
}

}  // namespace vitrine
