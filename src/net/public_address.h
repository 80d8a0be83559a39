// Tells public IP addresses, which an untrusted client may make the server connect to, from others.
#pragma once

#include <netinet/in.h>

namespace vitrine::net {

/// Whether an IPv4 or IPv6 address is public: not loopback, private, link-local, shared, reserved
/// or multicast, nor one of these embedded in IPv6. False for other families. Thread-safe.
bool is_public_address(const sockaddr* address);

}  // namespace vitrine::net
