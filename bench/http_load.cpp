// http_load: keep-alive HTTP clients on one thread, for measurements.
//   http_load HOST PORT REQUEST CLIENTS SECONDS [RATE]
// REQUEST is a file with the bytes of one request. Without RATE each client asks again as soon as
// it is answered (closed loop). With RATE (requests a second) they are due at even times whatever
// the server does (open loop): a request waits for a free client, and its latency counts from
// when it was due. Prints one JSON object.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

struct Client {
  int fd = -1;
  std::string in;
  std::size_t sent = 0;
  bool busy = false;
  Time due;
  Time begun;
};

/// Microseconds of the answers of one code.
struct Latencies {
  std::vector<std::uint32_t> due;   ///< from when the request was due
  std::vector<std::uint32_t> sent;  ///< from when its first byte was sent
};

std::uint32_t microseconds(Clock::duration time) {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(time).count());
}

double quantile(std::vector<std::uint32_t>& times, double share) {
  const auto at =
      times.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(times.size() - 1));
  std::ranges::nth_element(times, at);
  return *at / 1000.0;
}

class Load {
 public:
  Load(const sockaddr_in& address, std::string request, std::size_t clients)
      : address_(address),
        request_(std::move(request)),
        clients_(clients),
        poll_(::epoll_create1(0)) {
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      open(i);
      idle_.push_back(i);
    }
  }

  void run(double seconds, double rate) {
    const Time began = Clock::now();
    const Time end =
        began + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    const auto due_at = [&](std::uint64_t number) {
      return began + std::chrono::duration_cast<Clock::duration>(
                         std::chrono::duration<double>(static_cast<double>(number) / rate));
    };
    for (Time now = began; now < end; now = Clock::now()) {
      while (!idle_.empty() && (rate == 0 || due_at(due_) <= now)) {
        const std::size_t client = idle_.front();
        idle_.pop_front();
        ask(client, rate == 0 ? now : due_at(due_));
        ++due_;
      }
      wait(idle_.empty() || rate == 0 ? 10 : 0);
    }
    // What is still on its way is waited for, and counted.
    const Time last = Clock::now() + std::chrono::seconds(30);
    while (idle_.size() < clients_.size() && Clock::now() < last) wait(10);
    unanswered_ = clients_.size() - idle_.size();
    late_ = rate == 0
                ? 0
                : static_cast<std::uint64_t>(rate * seconds) -
                      std::min<std::uint64_t>(due_, static_cast<std::uint64_t>(rate * seconds));
    seconds_ = std::chrono::duration<double>(end - began).count();
  }

  void print() {
    std::printf(
        "{\"seconds\": %.3f, \"unanswered\": %zu, \"never_sent\": %llu, \"reconnects\": %zu, "
        "\"codes\": {",
        seconds_, unanswered_, static_cast<unsigned long long>(late_), reconnects_);
    const char* comma = "";
    for (auto& [code, times] : times_) {
      std::printf(
          "%s\"%d\": {\"count\": %zu, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f, "
          "\"sent_p50_ms\": %.3f, \"sent_p99_ms\": %.3f}",
          comma, code, times.due.size(), quantile(times.due, 0.5), quantile(times.due, 0.99),
          quantile(times.due, 1), quantile(times.sent, 0.5), quantile(times.sent, 0.99));
      comma = ", ";
    }
    std::printf("}}\n");
  }

 private:
  void open(std::size_t place) {
    Client& client = clients_[place];
    client.fd = ::socket(AF_INET, SOCK_STREAM, 0);
    if (::connect(client.fd, reinterpret_cast<const sockaddr*>(&address_), sizeof address_) != 0) {
      std::perror("connect");
      std::exit(1);
    }
    const int one = 1;
    ::setsockopt(client.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    ::fcntl(client.fd, F_SETFL, O_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.u64 = place;
    ::epoll_ctl(poll_, EPOLL_CTL_ADD, client.fd, &event);
    client.in.clear();
  }

  void ask(std::size_t place, Time due) {
    Client& client = clients_[place];
    client.busy = true;
    client.due = due;
    client.begun = Clock::now();
    client.sent = 0;
    send_more(client);
  }

  void send_more(Client& client) {
    while (client.busy && client.sent < request_.size()) {
      const auto sent = ::send(client.fd, request_.data() + client.sent,
                               request_.size() - client.sent, MSG_NOSIGNAL);
      if (sent <= 0) return;
      client.sent += static_cast<std::size_t>(sent);
    }
  }

  void wait(int milliseconds) {
    std::array<epoll_event, 256> events;
    const int count = ::epoll_wait(poll_, events.data(), events.size(), milliseconds);
    for (int i = 0; i < count; ++i) {
      const auto place = static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64);
      send_more(clients_[place]);
      receive(place);
    }
  }

  void receive(std::size_t place) {
    Client& client = clients_[place];
    char buffer[65536];
    for (;;) {
      const auto got = ::recv(client.fd, buffer, sizeof buffer, 0);
      if (got > 0) {
        client.in.append(buffer, static_cast<std::size_t>(got));
        continue;
      }
      const bool closed = got == 0 || (errno != EAGAIN && errno != EINTR);
      take_answer(place);
      if (closed) reopen(place);
      return;
    }
  }

  void take_answer(std::size_t place) {
    Client& client = clients_[place];
    const std::size_t head = client.in.find("\r\n\r\n");
    if (!client.busy || head == std::string::npos) return;
    std::size_t at = client.in.find("Content-Length: ");
    if (at == std::string::npos) at = client.in.find("content-length: ");  // as uvicorn writes it
    const std::size_t length =
        at < head ? std::strtoul(client.in.c_str() + at + 16, nullptr, 10) : 0;
    if (client.in.size() < head + 4 + length) return;
    const Time now = Clock::now();
    Latencies& times = times_[std::atoi(client.in.c_str() + 9)];
    times.due.push_back(microseconds(now - client.due));
    times.sent.push_back(microseconds(now - client.begun));
    client.in.erase(0, head + 4 + length);
    client.busy = false;
    idle_.push_back(place);
  }

  void reopen(std::size_t place) {
    Client& client = clients_[place];
    ::close(client.fd);
    ++reconnects_;
    open(place);
    if (client.busy) {
      times_[0].due.push_back(0);  // closed without an answer
      times_[0].sent.push_back(0);
      client.busy = false;
      idle_.push_back(place);
    }
  }

  sockaddr_in address_;
  std::string request_;
  std::vector<Client> clients_;
  std::deque<std::size_t> idle_;
  int poll_;
  std::uint64_t due_ = 0;
  std::uint64_t late_ = 0;
  std::size_t unanswered_ = 0;
  std::size_t reconnects_ = 0;
  double seconds_ = 0;
  std::map<int, Latencies> times_;  ///< by code
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    std::fprintf(stderr, "usage: http_load HOST PORT REQUEST CLIENTS SECONDS [RATE]\n");
    return 2;
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[2])));
  ::inet_pton(AF_INET, argv[1], &address.sin_addr);
  std::ifstream file(argv[3], std::ios::binary);
  std::string request((std::istreambuf_iterator<char>(file)), {});
  Load load(address, std::move(request), static_cast<std::size_t>(std::atoi(argv[4])));
  load.run(std::atof(argv[5]), argc > 6 ? std::atof(argv[6]) : 0);
  load.print();
}
