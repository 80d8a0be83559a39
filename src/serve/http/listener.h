// Listening sockets: TCP, inherited from systemd, and the admin socket.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <string>
#include <vector>

#include "serve/http/loop.h"
#include "serve/http/server.h"

namespace vitrine::serve {

using Acceptor =
    boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol, Executor>;

struct Listener {
  Acceptor acceptor;
  bool admin = false;      ///< the admin socket
  bool inherited = false;  ///< systemd keeps it open: no connection is refused if it is closed here
  std::uint16_t port = 0;
  std::string path;  ///< of the Unix socket that was created here; empty: none
};

/// The sockets of socket activation, else one on host and port; and the admin socket. Throws
/// Error(failed) or Error(usage).
std::vector<Listener> open_listeners(Loop& loop, const ServeOptions& options);

/// From now on, new connections go to the newest server on the same port (SO_REUSEPORT), if there
/// is another one.
void hand_over(Listener& listener);

/// The client's address: "192.0.2.1", or "unix".
std::string name_of(const boost::asio::generic::stream_protocol::endpoint& peer);

}  // namespace vitrine::serve
