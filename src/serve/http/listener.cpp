#include "serve/http/listener.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "base/error.h"
#include "serve/http/notify.h"

namespace vitrine::serve {
namespace {

namespace asio = boost::asio;
using asio::generic::stream_protocol;
using asio::ip::tcp;
using boost::system::error_code;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr int kBacklog = 4096;

std::uint16_t port_of(const Acceptor& acceptor) {
  error_code code;
  const auto endpoint = acceptor.local_endpoint(code);
  if (code) return 0;
  const auto* address = static_cast<const sockaddr*>(endpoint.data());
  if (address->sa_family == AF_INET) {
    return ntohs(reinterpret_cast<const sockaddr_in*>(address)->sin_port);
  }
  if (address->sa_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6*>(address)->sin6_port);
  }
  return 0;
}

Listener inherit(Loop& loop, int socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  int listens = 0;
  socklen_t size = sizeof listens;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0 ||
      ::getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) {
    throw Error(ErrorKind::failed, "an inherited socket does not listen", "LISTEN_FDS",
                "use ListenStream= and Accept=no in the .socket unit");
  }
  Acceptor acceptor(loop.executor());
  acceptor.assign(stream_protocol(address.ss_family, 0), socket);
  Listener listener{std::move(acceptor), false, true, 0, ""};
  listener.port = port_of(listener.acceptor);
  return listener;
}

Listener listen_on_tcp(Loop& loop, const ServeOptions& options) {
  error_code code;
  const auto address = asio::ip::make_address(options.host, code);
  const std::string where = options.host + ":" + std::to_string(options.port);
  if (code) {
    throw Error(ErrorKind::usage, "'" + shown(options.host) + "' is not an IP address", "--host",
                "give an IPv4 or IPv6 address, such as 127.0.0.1 or 0.0.0.0");
  }
  const tcp::endpoint endpoint(address, options.port);
  Acceptor acceptor(loop.executor());
  acceptor.open(stream_protocol(endpoint.protocol()), code);
  if (!code) acceptor.set_option(Acceptor::reuse_address(true), code);
  if (!code && options.reuse_port) acceptor.set_option(ReusePort(true), code);
  if (!code) acceptor.bind(stream_protocol::endpoint(endpoint), code);
  if (!code) acceptor.listen(kBacklog, code);
  if (code == asio::error::address_in_use) {
    throw Error(ErrorKind::failed, "the port is in use", where,
                "stop the program that uses it, or choose another by --port (0: a free one); "
                "with --reuse-port two servers can share it while one replaces the other");
  }
  if (code) {
    throw Error(ErrorKind::failed, "can't listen: " + code.message(), where,
                "check --host and --port; ports below 1024 need special rights");
  }
  // Removes the program that an earlier server attached in hand_over(): all servers share equally.
  const int one = 1;
  ::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &one, sizeof one);
  Listener listener{std::move(acceptor), false, false, 0, ""};
  listener.port = port_of(listener.acceptor);
  return listener;
}

/// The admin socket. Only its owner can connect: the file's permissions are the access control.
Listener listen_on_path(Loop& loop, const std::string& path) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorKind::failed, "the admin socket can't be created: " + why, path,
                "name a path of at most 100 bytes in a folder that only you can write to");
  };
  struct stat info{};
  if (::stat(path.c_str(), &info) == 0) {
    if (!S_ISSOCK(info.st_mode)) refuse("there is a file that is not a socket");
    ::unlink(path.c_str());  // left over from an earlier server
  }
  if (path.size() > 100) refuse("its path is too long");
  const asio::local::stream_protocol::endpoint endpoint(path);
  error_code code;
  Acceptor acceptor(loop.executor());
  acceptor.open(stream_protocol(AF_UNIX, 0), code);
  const mode_t before = ::umask(0177);
  if (!code) acceptor.bind(stream_protocol::endpoint(endpoint), code);
  ::umask(before);
  if (!code) acceptor.listen(64, code);
  if (code) refuse(code.message());
  return {std::move(acceptor), true, false, 0, path};
}

}  // namespace

std::vector<Listener> open_listeners(Loop& loop, const ServeOptions& options) {
  std::vector<Listener> listeners;
  for (const int socket : inherited_sockets()) listeners.push_back(inherit(loop, socket));
  if (listeners.empty()) listeners.push_back(listen_on_tcp(loop, options));
  if (!options.admin_socket.empty()) {
    listeners.push_back(listen_on_path(loop, options.admin_socket));
  }
  return listeners;
}

/// The kernel runs this BPF program to choose the socket of the port's group for a connection:
/// always the second. If there is none, the kernel chooses itself. When the first socket, which is
/// this server's, is closed, the second becomes the first and the program has no effect any more.
void hand_over(Listener& listener) {
  sock_filter code[] = {{BPF_RET | BPF_K, 0, 0, 1}};
  const sock_fprog program{1, code};
  ::setsockopt(listener.acceptor.native_handle(), SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program,
               sizeof program);
}

std::string name_of(const stream_protocol::endpoint& peer) {
  char text[INET6_ADDRSTRLEN] = "";
  const auto* address = static_cast<const sockaddr*>(peer.data());
  if (address->sa_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text,
                sizeof text);
    return text;
  }
  if (address->sa_family == AF_INET6) {
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, text,
                sizeof text);
    return text;
  }
  return "unix";
}

}  // namespace vitrine::serve
