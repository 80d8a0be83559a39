#include "serve/http/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "base/error.h"
#include "serve/api/test_host.h"

namespace vitrine::serve {
namespace {

using namespace std::string_view_literals;

/// A raw TCP client that sends bytes unchanged.
class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval limit{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { ::close(fd_); }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;  // the server may close before all is sent
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void finish_sending() { ::shutdown(fd_, SHUT_WR); }

  /// Reads until the server closes the connection.
  std::string read_all() {
    std::string out;
    char buffer[65536];
    for (ssize_t received = 0; (received = ::recv(fd_, buffer, sizeof buffer, 0)) > 0;) {
      out.append(buffer, static_cast<std::size_t>(received));
    }
    return out;
  }
  /// Reads until `text` was received.
  std::string read_until(std::string_view text) {
    std::string out;
    char buffer[4096];
    while (out.find(text) == std::string::npos) {
      const auto received = ::recv(fd_, buffer, sizeof buffer, 0);
      if (received <= 0) break;
      out.append(buffer, static_cast<std::size_t>(received));
    }
    return out;
  }

 private:
  int fd_;
};

class ServerTest : public testing::Test {
 protected:
  void start(ServeOptions options) {
    options.port = 0;
    options.threads = 2;
    options.log = LogFormat::off;
    server_ = std::make_unique<Server>(options, api_);
    runner_ = std::jthread([this] { finished_ = server_->run(); });
  }
  void SetUp() override {
    ServeOptions options;
    options.max_body = 1 << 20;
    start(options);
  }
  void stop() {
    if (!runner_.joinable()) return;
    server_->stop();
    runner_.join();
  }
  void TearDown() override { stop(); }

  /// Sends raw bytes and returns the response up to the close.
  std::string talk(std::string_view bytes) {
    Client client(server_->port());
    client.send(bytes);
    return client.read_all();
  }
  void expect_status(std::string_view request, int status) {
    const std::string answer = talk(request);
    EXPECT_EQ(answer.find("HTTP/1.1 " + std::to_string(status)), 0) << request << "\n-> " << answer;
    EXPECT_NE(answer.find("Connection: close"), std::string::npos) << answer;
  }

  TestHost host_;
  Api& api_ = host_.api;
  std::unique_ptr<Server> server_;
  std::atomic<bool> finished_{false};
  std::jthread runner_;
};

const std::string kRow = R"({"size": 3, "kind": "blue"})";

std::string post(const std::string& body, const std::string& more = "") {
  return "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n" + more + "\r\n" + body;
}

TEST_F(ServerTest, keeps_the_connection_and_handles_pipelined_requests_in_order) {
  Client client(server_->port());
  client.send("GET /ping HTTP/1.1\r\nHost: x\r\n\r\n" + post(kRow) +
              "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string answers = client.read_all();
  const auto pong = answers.find("PONG");
  const auto label = answers.find("\"label\"");
  const auto alive = answers.find("alive");
  EXPECT_LT(pong, label);
  EXPECT_LT(label, alive);
  EXPECT_NE(alive, std::string::npos);
}

TEST_F(ServerTest, supports_http_1_0) {
  const std::string answer = talk("GET /ping HTTP/1.0\r\n\r\n");
  EXPECT_EQ(answer.find("HTTP/1.0 200"), 0) << answer;
  EXPECT_TRUE(answer.ends_with("PONG"));
}

TEST_F(ServerTest, head_has_no_body) {
  const std::string answer = talk("HEAD /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("Content-Length: 4"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST_F(ServerTest, reads_chunked_bodies) {
  const std::string head =
      "POST /predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: "
      "application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string answer = talk(head + "5\r\n" + kRow.substr(0, 5) + "\r\n" + "16\r\n" +
                                  kRow.substr(5) + "\r\n0\r\n\r\n");
  EXPECT_EQ(answer.find("HTTP/1.1 200"), 0) << answer;
  expect_status(head + "zz\r\nabc\r\n0\r\n\r\n", 400);
}

TEST_F(ServerTest, refuses_request_smuggling) {
  expect_status("GET /ping HTTP/1.1\r\n\r\n", 400);
  expect_status("GET /ping HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400);
  expect_status(
      "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400);
  expect_status(
      "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: "
      "chunked\r\n\r\n0\r\n\r\n",
      400);
  expect_status("POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501);
  EXPECT_EQ(talk("POST /predict HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
                .find("HTTP/1.0 400"),
            0);
  expect_status("GET /ping HTTP/1.1\r\nHost: x\r\nA: \0b\r\n\r\n"sv, 400);
  expect_status("GET /ping HTTP/1.1\r\nHost : x\r\n\r\n", 400);
  expect_status("NONSENSE\r\n\r\n", 400);
  expect_status("GET /ping HTTP/3.7\r\nHost: x\r\n\r\n", 505);
}

TEST_F(ServerTest, limits_header_and_body) {
  expect_status("GET /ping HTTP/1.1\r\nHost: x\r\nA: " + std::string(20000, 'a') + "\r\n\r\n", 431);
  expect_status(post(std::string(2 << 20, ' ')), 413);
  const std::string chunk = "100000\r\n" + std::string(0x100000, ' ') + "\r\n";
  expect_status("POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk +
                    chunk + "0\r\n\r\n",
                413);
}

TEST_F(ServerTest, sends_100_continue_only_if_expected) {
  Client client(server_->port());
  client.send(
      "POST /predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: "
      "application/json\r\nExpect: 100-continue\r\nContent-Length: " +
      std::to_string(kRow.size()) + "\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send(kRow);
  EXPECT_EQ(client.read_all().find("HTTP/1.1 200"), 0);
  expect_status(
      "POST /predict HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: "
      "99999999\r\n\r\n",
      413);
  expect_status(
      "POST /predict HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\nContent-Length: 2\r\n\r\n{}", 417);
}

TEST_F(ServerTest, disconnecting_clients_do_not_affect_others) {
  for (int i = 0; i < 20; ++i) {
    Client gone(server_->port());
    gone.send("POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"si");
  }
  EXPECT_NE(talk("GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").find("PONG"),
            std::string::npos);
}

TEST_F(ServerTest, serves_many_connections_at_once) {
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 400; ++i) clients.push_back(std::make_unique<Client>(server_->port()));
  for (auto& client : clients) client->send(post(kRow, "Connection: close\r\n"));
  for (auto& client : clients) EXPECT_EQ(client->read_all().find("HTTP/1.1 200"), 0);
}

TEST_F(ServerTest, a_stop_answers_accepted_requests_and_closes_idle_connections) {
  Client idle(server_->port());
  idle.send("GET /ping HTTP/1.1\r\nHost: x\r\n\r\n");
  idle.read_until("PONG");
  Client half(server_->port());
  half.send(post(kRow).substr(0, 60));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  server_->stop();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  half.send(post(kRow).substr(60));
  const std::string answer = half.read_all();
  EXPECT_EQ(answer.find("HTTP/1.1 200"), 0) << answer;
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  EXPECT_EQ(idle.read_all(), "");
  runner_.join();
  EXPECT_TRUE(finished_);
}

TEST_F(ServerTest, a_slow_header_times_out) {
  stop();
  ServeOptions options;
  options.header_timeout = std::chrono::seconds(1);
  start(options);
  Client slow(server_->port());
  for (int i = 0; i < 8; ++i) {  // each byte on its own would keep a per-read timer alive
    slow.send(i == 0 ? "GET /ping HTTP/1.1\r\nA: " : "a");
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  EXPECT_EQ(slow.read_all().find("HTTP/1.1 408"), 0);
}

TEST_F(ServerTest, a_drain_that_takes_too_long_is_ended_and_reported) {
  stop();
  ServeOptions options;
  options.drain = std::chrono::seconds(1);
  start(options);
  Client half(server_->port());
  half.send(post(kRow).substr(0, 60));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  server_->stop();
  runner_.join();
  EXPECT_FALSE(finished_);
}

TEST(ServerSetup, a_port_in_use_is_reported) {
  TestHost host;
  Api& api = host.api;
  ServeOptions options;
  options.port = 0;
  const Server first(options, api);
  options.port = first.port();
  try {
    const Server second(options, api);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message, "the port is in use");
  }
  options.host = "localhost";
  EXPECT_THROW(Server(options, api), Error);
}

}  // namespace
}  // namespace vitrine::serve
