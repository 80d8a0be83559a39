// bare_beast: the least that a server on Boost.Beast can do, as a measure for ours.
//   bare_beast BODY_BYTES [THREADS]
// Reads each request whole and answers 200 with the same JSON body of BODY_BYTES. Coroutines on one
// io_context with as many threads as cores, a strand a connection, no time-outs, no limits, no log.
// Prints its port.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

namespace {

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);

asio::awaitable<void> serve(tcp::socket socket, const std::string& body) {
  beast::flat_buffer buffer;
  for (;;) {
    http::request<http::string_body> request;
    const auto [read, bytes] = co_await http::async_read(socket, buffer, request, kNoThrow);
    if (read) co_return;
    http::response<http::string_body> response{http::status::ok, request.version()};
    response.set(http::field::content_type, "application/json");
    response.keep_alive(request.keep_alive());
    response.body() = body;
    response.prepare_payload();
    const auto [written, sent] = co_await http::async_write(socket, response, kNoThrow);
    if (written || !response.keep_alive()) co_return;
  }
}

asio::awaitable<void> accept(tcp::acceptor& acceptor, asio::io_context& loop,
                             const std::string& body) {
  for (;;) {
    auto [code, socket] = co_await acceptor.async_accept(asio::make_strand(loop), kNoThrow);
    if (code) co_return;
    socket.set_option(tcp::no_delay(true));
    const auto executor = socket.get_executor();
    asio::co_spawn(executor, serve(std::move(socket), body), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t bytes = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 100;
  const unsigned threads =
      argc > 2 ? static_cast<unsigned>(std::atoi(argv[2])) : std::thread::hardware_concurrency();
  const std::string body = "\"" + std::string(bytes > 2 ? bytes - 2 : 0, 'x') + "\"";
  asio::io_context loop;
  tcp::acceptor acceptor(loop, {asio::ip::make_address("127.0.0.1"), 0});
  std::printf("%d\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  asio::signal_set signals(loop, SIGTERM, SIGINT);
  signals.async_wait([&](auto, int) { loop.stop(); });
  asio::co_spawn(loop, accept(acceptor, loop, body), asio::detached);
  std::vector<std::jthread> others;
  for (unsigned i = 1; i < threads; ++i) others.emplace_back([&] { loop.run(); });
  loop.run();
}
