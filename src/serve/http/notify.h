// The protocols of systemd for services: sd_notify(3) and socket activation (sd_listen_fds(3)).
#pragma once

#include <string_view>
#include <vector>

namespace vitrine::serve {

/// Sends `READY=1`, `STOPPING=1` or `STATUS=...`. Does nothing if $NOTIFY_SOCKET is not set.
void notify_systemd(std::string_view state);

/// The listening sockets that systemd passed to this process ($LISTEN_PID, $LISTEN_FDS), set to
/// close-on-exec. Empty without socket activation. Unsets the variables: call it once.
std::vector<int> inherited_sockets();

}  // namespace vitrine::serve
