#include "net/fetch.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <map>
#include <thread>

#include "base/error.h"
#include "net/public_address.h"

namespace vitrine::net {
namespace {

bool is_public(const char* text) {
  if (std::strchr(text, ':') == nullptr) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    EXPECT_EQ(::inet_pton(AF_INET, text, &v4.sin_addr), 1) << text;
    return is_public_address(reinterpret_cast<sockaddr*>(&v4));
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  EXPECT_EQ(::inet_pton(AF_INET6, text, &v6.sin6_addr), 1) << text;
  return is_public_address(reinterpret_cast<sockaddr*>(&v6));
}

TEST(Fetch, TellsPrivateFromPublicAddresses) {
  for (const char* one : {"127.0.0.1",
                          "127.9.9.9",
                          "10.0.0.1",
                          "172.16.0.1",
                          "172.31.255.255",
                          "192.168.1.1",
                          "169.254.169.254",
                          "0.0.0.0",
                          "100.64.0.1",
                          "224.0.0.1",
                          "255.255.255.255",
                          "198.18.0.1",
                          "::1",
                          "::",
                          "fe80::1",
                          "fc00::1",
                          "fd12::1",
                          "ff02::1",
                          "::ffff:127.0.0.1",
                          "::ffff:8.8.8.8",
                          "64:ff9b::7f00:1",
                          "2002:7f00:1::",
                          "2002:c0a8:101::",
                          "2001:db8::1",
                          "2001::1"}) {
    EXPECT_FALSE(is_public(one)) << one;
  }
  for (const char* one : {"8.8.8.8", "1.1.1.1", "172.32.0.1", "172.15.255.255", "100.128.0.1",
                          "193.0.0.1", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::"}) {
    EXPECT_TRUE(is_public(one)) << one;
  }
}

/// A server on loopback that answers by path.
class Peer {
 public:
  explicit Peer(std::map<std::string, std::string> answers) : answers_(std::move(answers)) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(socket_, 8);
    socklen_t size = sizeof address;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { run(); });
  }
  ~Peer() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }
  std::string url(const std::string& path, const std::string& host = "127.0.0.1") const {
    return "http://" + host + ":" + port_ + path;
  }
  std::string port() const { return port_; }
  std::atomic<int> connections{0};

 private:
  void run() {
    for (int client; (client = ::accept(socket_, nullptr, nullptr)) >= 0; ::close(client)) {
      ++connections;
      char request[2048];
      const auto got = ::recv(client, request, sizeof request - 1, 0);
      if (got <= 0) continue;
      const std::string line(request, static_cast<std::size_t>(got));
      const std::string path = line.substr(4, line.find(' ', 4) - 4);
      std::string answer = answers_.contains(path) ? answers_.at(path) : "404 Not Found\r\n\r\n";
      for (std::size_t at; (at = answer.find("PORT")) != std::string::npos;)
        answer.replace(at, 4, port_);
      answer = "HTTP/1.1 " + answer;
      ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }
  std::map<std::string, std::string> answers_;
  int socket_;
  std::string port_;
  std::thread thread_;
};

FetchPolicy local_policy() {
  return {.hosts = {"127.0.0.1"}, .max_bytes = 100, .seconds = 3, .private_addresses = true};
}

void expect_rejected(const std::string& url, const FetchPolicy& policy, const std::string& part) {
  try {
    fetch(url, policy);
    FAIL() << url;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::bad_input);
    EXPECT_NE(error.message.find(part), std::string::npos) << error.message;
  }
}

TEST(Fetch, ReturnsTheBodyAndFollowsRedirects) {
  Peer peer({{"/photo", "200 OK\r\nContent-Length: 5\r\n\r\nhello"},
             {"/moved", "302 Found\r\nLocation: /photo\r\nContent-Length: 0\r\n\r\n"}});
  EXPECT_EQ(fetch(peer.url("/photo"), local_policy()), "hello");
  EXPECT_EQ(fetch(peer.url("/moved"), local_policy()), "hello");
}

TEST(Fetch, RejectsForbiddenUrlsBeforeItConnects) {
  Peer peer({{"/photo", "200 OK\r\nContent-Length: 5\r\n\r\nhello"}});
  FetchPolicy strict = local_policy();
  strict.private_addresses = false;
  expect_rejected(peer.url("/photo"), strict, "private address");
  strict.hosts = {"localhost"};
  expect_rejected(peer.url("/photo", "localhost"), strict, "private address");
  expect_rejected(peer.url("/photo"), {.hosts = {"example.com"}},
                  "does not fetch from '127.0.0.1'");
  expect_rejected(peer.url("/photo", "2130706433"), {.hosts = {"example.com"}},
                  "does not fetch from");
  expect_rejected("http://example.com@127.0.0.1:" + peer.port() + "/photo",
                  {.hosts = {"example.com"}}, "can't be read");
  expect_rejected("file:///etc/passwd", local_policy(), "");
  expect_rejected("gopher://127.0.0.1/", local_policy(), "can't be fetched from");
  expect_rejected("", local_policy(), "can't be read");
  EXPECT_EQ(peer.connections, 0);
}

TEST(Fetch, LimitsSizeRedirectsAndHosts) {
  Peer peer({{"/large", "200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x')},
             {"/endless", "200 OK\r\n\r\n" + std::string(1000, 'x')},
             {"/circle", "302 Found\r\nLocation: /circle\r\nContent-Length: 0\r\n\r\n"},
             {"/away",
              "302 Found\r\nLocation: http://localhost:PORT/circle\r\nContent-Length: 0\r\n\r\n"},
             {"/file", "302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n"}});
  expect_rejected(peer.url("/large"), local_policy(), "larger than");
  expect_rejected(peer.url("/endless"), local_policy(), "larger than");
  expect_rejected(peer.url("/circle"), local_policy(), "redirects too often");
  expect_rejected(peer.url("/away"), local_policy(), "does not fetch from 'localhost'");
  expect_rejected(peer.url("/file"), local_policy(), "");
  expect_rejected(peer.url("/missing"), local_policy(), "returned 404");
}

}  // namespace
}  // namespace vitrine::net
