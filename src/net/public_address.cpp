#include "net/public_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace vitrine::net {
namespace {

struct Network {
  std::uint32_t address;
  int bits;
};

/// IPv4 networks that are not public (IANA's special-purpose address registry, RFC 6890).
constexpr std::array kSpecial{
    Network{0x00000000, 8},  Network{0x0A000000, 8},  Network{0x64400000, 10},
    Network{0x7F000000, 8},  Network{0xA9FE0000, 16}, Network{0xAC100000, 12},
    Network{0xC0000000, 24}, Network{0xC0000200, 24}, Network{0xC0586300, 24},
    Network{0xC0A80000, 16}, Network{0xC6120000, 15}, Network{0xC6336400, 24},
    Network{0xCB007100, 24}, Network{0xE0000000, 4},  Network{0xF0000000, 4},
};

bool is_public_v4(std::uint32_t address) {
  return std::ranges::none_of(kSpecial, [&](const Network& one) {
    return (address ^ one.address) >> (32 - one.bits) == 0;
  });
}

std::uint32_t four_bytes(const std::uint8_t* at) {
  return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 |
         at[3];
}

bool is_public_v6(const std::uint8_t* bytes) {
  static constexpr std::uint8_t kTranslated[12] = {0x00, 0x64, 0xFF, 0x9B};  // 64:ff9b::/96
  if (std::memcmp(bytes, kTranslated, 12) == 0) return is_public_v4(four_bytes(bytes + 12));
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return is_public_v4(four_bytes(bytes + 2));  // 6to4
  if ((bytes[0] & 0xE0) != 0x20) return false;  // only 2000::/3 is global
  const bool teredo = bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0 && bytes[3] == 0;
  const bool documentation =
      bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0x0D && bytes[3] == 0xB8;
  return !teredo && !documentation;
}

}  // namespace

bool is_public_address(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    return is_public_v4(ntohl(reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr));
  }
  if (address->sa_family != AF_INET6) return false;
  return is_public_v6(reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr.s6_addr);
}

}  // namespace vitrine::net
