#include "serve/connection.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <ctime>

#include "base/text.h"
#include "base/version.h"
#include "serve/http_error.h"

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

Error malformed(const std::string& message, const std::string& hint) {
  return {ErrorKind::malformed, message, "the request's header", hint};
}

using Header = http::request_header<>;

/// What Beast does not refuse: nothing, or a status and why.
struct HeaderFault {
  unsigned status = 0;
  Error error = malformed("", "");
};

HeaderFault check_header(const Header& header) {
  const auto hosts = header.count(http::field::host);
  if (header.version() == 11 && hosts != 1) {
    return {400, malformed(hosts == 0 ? "there is no Host header" : "there are two Host headers",
                           "send exactly one")};
  }
  if (header.version() != 11 && header.version() != 10) {
    return {505, malformed("this HTTP version is not spoken here", "use HTTP/1.1")};
  }
  const auto encodings = header.count(http::field::transfer_encoding);
  if (encodings > 0) {
    if (header.version() == 10) {
      return {400, malformed("HTTP/1.0 has no Transfer-Encoding", "send a Content-Length")};
    }
    if (encodings != 1 || !beast::iequals(header[http::field::transfer_encoding], "chunked")) {
      return {501, malformed("this Transfer-Encoding is not known here",
                             "send it chunked or with a Content-Length")};
    }
  }
  const auto coding = header[http::field::content_encoding];
  if (!coding.empty() && !beast::iequals(coding, "identity")) {
    return {415, malformed("this Content-Encoding is not known here", "send the body as it is")};
  }
  const auto expectation = header[http::field::expect];
  if (!expectation.empty() && !beast::iequals(expectation, "100-continue")) {
    return {417, malformed("this Expect can't be met", "leave it out")};
  }
  return {};
}

bool expects_continue(const Header& header) {
  return header.version() == 11 && beast::iequals(header[http::field::expect], "100-continue");
}

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket, Shared& shared)
    : socket_(std::move(socket)), timer_(socket_.get_executor()), shared_(shared) {
  error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  const auto peer = socket_.remote_endpoint(ignored);
  client_ = peer.address().to_string();
}

asio::awaitable<void> Connection::serve() {
  for (bool more = true; more;) more = co_await serve_one();
  co_await close_gently();
}

/// What is waited for from now on must end in time, or is cancelled. The socket
/// stays open: the client can still be told.
void Connection::set_deadline(std::chrono::steady_clock::duration time) {
  timed_out_ = false;
  timer_.expires_after(time);
  timer_.async_wait([self = shared_from_this(), id = ++deadline_id_](error_code code) {
    if (code || id != self->deadline_id_) return;
    self->timed_out_ = true;
    error_code ignored;
    self->socket_.cancel(ignored);
  });
}

/// Waits until the next request's first bytes are there. False: the client is
/// gone, or said nothing for too long.
asio::awaitable<bool> Connection::wait_for_request() {
  set_deadline(shared_.stopping ? std::chrono::steady_clock::duration(kGrace)
                                : shared_.options.idle_timeout);
  idle_ = true;
  const auto [code, bytes] = co_await socket_.async_read_some(buffer_.prepare(4096), kNoThrow);
  idle_ = false;
  buffer_.commit(bytes);
  co_return !code;
}

/// RFC 9112, 2.2: empty lines before a request are passed over.
void Connection::drop_line_ends() {
  const auto bytes = static_cast<const char*>(buffer_.data().data());
  std::size_t count = 0;
  while (count < buffer_.size() && (bytes[count] == '\r' || bytes[count] == '\n')) ++count;
  buffer_.consume(count);
}

asio::awaitable<bool> Connection::serve_one() {
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
      co_await http::async_read_header(socket_, buffer_, parser, kNoThrow);
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
  if (const HeaderFault fault = check_header(parser.get().base()); fault.status != 0) {
    co_await respond(problem(fault.status, fault.error), false);
    co_return false;
  }
  set_deadline(shared_.options.body_timeout);
  if (!parser.is_done() && expects_continue(parser.get().base())) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const auto [code, bytes] =
        co_await asio::async_write(socket_, asio::buffer(kContinue), kNoThrow);
    if (code) co_return false;
  }
  const auto [body_code, body_bytes] =
      co_await http::async_read(socket_, buffer_, parser, kNoThrow);
  if (body_code) {
    auto answer = answer_to_fault(body_code, false);
    if (answer) co_await respond(std::move(*answer), false);
    co_return false;
  }

  started_ = std::chrono::steady_clock::now();
  const auto& request = parser.get();
  HttpResponse response =
      shared_.api.handle({method_, target_, request[http::field::content_type], request.body()});
  co_return co_await respond(std::move(response), request.keep_alive() && !shared_.stopping);
}

/// The answer to a request that could not be read, if somebody may still listen.
std::optional<HttpResponse> Connection::answer_to_fault(error_code code, bool header) const {
  if (timed_out_) {
    return problem(
        408, malformed("the request did not come in time", "send it faster, or in smaller pieces"));
  }
  if (code == http::error::body_limit) {
    return problem(413,
                   {ErrorKind::malformed,
                    "the body is larger than " + with_commas(shared_.options.max_body) + " bytes",
                    "the request", "send fewer rows at a time"});
  }
  if (code == http::error::header_limit || code == http::error::buffer_overflow) {
    return problem(431, malformed("the header is larger than " +
                                      with_commas(shared_.options.max_header) + " bytes",
                                  "send fewer or shorter headers"));
  }
  if (code == http::error::bad_transfer_encoding) {
    return problem(400, malformed("Transfer-Encoding and Content-Length contradict each other",
                                  "send one of them"));
  }
  const bool http_fault = code.category() == error_code(http::error::bad_version).category();
  if (!http_fault || code == http::error::end_of_stream || code == http::error::partial_message) {
    return std::nullopt;  // the client is gone
  }
  return problem(
      code == http::error::bad_version ? 505 : 400,
      {ErrorKind::malformed, "this is not valid HTTP: " + code.message(),
       header ? "the request's header" : "the request's body", "use an HTTP/1.1 client"});
}

asio::awaitable<bool> Connection::respond(HttpResponse answer, bool keep_alive) {
  const bool head = method_ == "HEAD";
  http::response<http::string_body> response{static_cast<http::status>(answer.status),
                                             version_ == 10 ? 10U : 11U};
  response.reason(reason_of(answer.status));
  response.set(http::field::date, http_date());
  response.set(http::field::server, "vitrine");
  if (!answer.content_type.empty()) response.set(http::field::content_type, answer.content_type);
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  if (!answer.allow.empty()) response.set(http::field::allow, answer.allow);
  if (!answer.warning.empty()) response.set("Vitrine-Warning", answer.warning);
  response.keep_alive(keep_alive);
  const std::size_t bytes = answer.body.size();
  if (answer.status != 204) response.content_length(bytes);
  if (!head) response.body() = std::move(answer.body);
  set_deadline(shared_.options.write_timeout);
  http::response_serializer<http::string_body> serializer(response);
  const auto [code, written] =
      head ? co_await http::async_write_header(socket_, serializer, kNoThrow)
           : co_await http::async_write(socket_, serializer, kNoThrow);
  shared_.log.write({client_, method_, target_, answer.status, head ? 0 : bytes,
                     std::chrono::steady_clock::now() - started_});
  co_return !code && keep_alive;
}

asio::awaitable<void> Connection::turn_away() {
  started_ = std::chrono::steady_clock::now();
  HttpResponse busy = problem(503, {ErrorKind::failed, "there are too many connections",
                                    "the server", "try again in a moment"});
  co_await respond(std::move(busy), false);
  co_await close_gently();
}

/// Closes so that the last answer reaches a client that is still sending: the
/// kernel drops unread answers of a socket that is closed with input left.
asio::awaitable<void> Connection::close_gently() {
  error_code code;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, code);
  constexpr std::size_t kMostDiscarded = std::size_t{256} << 20;
  set_deadline(shared_.stopping ? std::chrono::steady_clock::duration(kGrace) : kLinger);
  buffer_.clear();
  for (std::size_t discarded = 0; !code && discarded < kMostDiscarded;) {
    const auto [read_code, bytes] =
        co_await socket_.async_read_some(buffer_.prepare(65536), kNoThrow);
    code = read_code;
    discarded += bytes;
  }
  ++deadline_id_;
  timer_.cancel();
  socket_.close(code);
}

void Connection::hurry() {
  if (idle_) set_deadline(kGrace);
}

}  // namespace vitrine
