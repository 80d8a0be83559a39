// Sockets that clients connect to.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <string>
#include <vector>

#include "serve/loop.h"
#include "serve/server.h"

namespace vitrine {

using Acceptor =
    boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol, Executor>;

struct Listener {
  Acceptor acceptor;
  bool admin = false;      ///< the operator's own Unix socket
  bool inherited = false;  ///< others keep it open: closing it here refuses nobody
  std::uint16_t port = 0;
  std::string path;  ///< of the Unix socket that was made here
};

/// Those of socket activation, else one on host and port; and the admin socket. Throws
/// Error(failed) or Error(usage).
std::vector<Listener> open_listeners(Loop& loop, const ServeOptions& options);

/// New connections go to the newest server on the same port from now on (SO_REUSEPORT), if
/// there is another one.
void hand_over(Listener& listener);

/// "192.0.2.1", or "unix".
std::string name_of(const boost::asio::generic::stream_protocol::endpoint& peer);

}  // namespace vitrine
