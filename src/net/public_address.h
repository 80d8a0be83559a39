// Addresses that a stranger may make the server ask.
#pragma once

#include <netinet/in.h>

namespace vitrine {

/// Whether an address is one of the open internet: not loopback, private, link-local,
/// shared, reserved, multicast, nor one of these wrapped into IPv6.
bool is_public_address(const sockaddr* address);

}  // namespace vitrine
