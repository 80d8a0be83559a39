// Raw bytes to the real server over a loopback connection: whatever they are, the connection ends
// and the server lives.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "api_request.h"
#include "serve/http/server.h"

namespace {

using namespace vitrine;

/// Runs until the process ends.
class RunningServer {
 public:
  RunningServer() : server_(options(), fuzz::host().api), runner_([this] { server_.run(); }) {}
  ~RunningServer() {
    server_.stop();
    runner_.join();
  }
  std::uint16_t port() const { return server_.port(); }

 private:
  static serve::ServeOptions options() {
    serve::ServeOptions out;
    out.port = 0;
    out.threads = 1;
    out.max_body = 1 << 16;
    out.log = serve::LogFormat::off;
    return out;
  }
  serve::Server server_;
  std::thread runner_;
};

int connect_to(std::uint16_t port) {
  const int connection = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval limit{20, 0};
  ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const linger reset{1, 0};  // no port stays in TIME_WAIT
  ::setsockopt(connection, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  if (::connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    return connection;
  }
  if (errno == EINTR) {  // the connection is still being made
    pollfd waiting{connection, POLLOUT, 0};
    TEMP_FAILURE_RETRY(::poll(&waiting, 1, -1));
  } else {
    std::perror("connect");
    std::abort();
  }
  return connection;
}

std::string read_all(int connection) {
  std::string answer;
  char buffer[4096];
  for (;;) {
    const auto some = TEMP_FAILURE_RETRY(::recv(connection, buffer, sizeof buffer, 0));
    if (some < 0 && errno == EAGAIN) {
      std::fprintf(stderr, "the connection does not end\n");
      std::abort();
    }
    if (some <= 0) return answer;
    answer.append(buffer, static_cast<std::size_t>(some));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const RunningServer server;
  const int connection = connect_to(server.port());
  for (std::size_t sent = 0; sent < size;) {
    const auto some =
        TEMP_FAILURE_RETRY(::send(connection, bytes + sent, size - sent, MSG_NOSIGNAL));
    if (some <= 0) break;  // the server closed it
    sent += static_cast<std::size_t>(some);
  }
  ::shutdown(connection, SHUT_WR);
  const std::string answer = read_all(connection);
  ::close(connection);
  if (!answer.empty() && !answer.starts_with("HTTP/1.")) std::abort();
  if (answer.starts_with("HTTP/1.1 500")) std::abort();
  return 0;
}
