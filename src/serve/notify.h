// What a service says to systemd, in the protocol of sd_notify(3).
#pragma once

#include <string_view>
#include <vector>

namespace vitrine {

/// `READY=1`, `STOPPING=1`, `STATUS=...`. Does nothing where $NOTIFY_SOCKET is not set.
void notify_systemd(std::string_view state);

/// The listening sockets that were handed to this process ($LISTEN_PID, $LISTEN_FDS), each
/// closed in programs it starts. Empty without socket activation.
std::vector<int> inherited_sockets();

}  // namespace vitrine
