#include "agent/kernel/local_addresses.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include "common/errno_status.h"

namespace sunder::agent {
namespace {

// By value, whatever the interface: a routed host has its own on `lo`.
std::optional<Address> AddressOf(const sockaddr* address) {
  if (address == nullptr) return std::nullopt;
  if (address->sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, address, sizeof in);
    std::array<uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &in.sin_addr, bytes.size());
    if (bytes[0] == 127) return std::nullopt;
    return Address::V4(bytes);
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 in6{};
    std::memcpy(&in6, address, sizeof in6);
    if (IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr)) return std::nullopt;
    std::array<uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &in6.sin6_addr, bytes.size());
    return Address::V6(bytes);
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<std::vector<Address>> LocalAddresses() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return ErrnoStatus(errno, "getifaddrs");
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(first,
                                                               &freeifaddrs);
  std::vector<Address> addresses;
  for (const ifaddrs* i = first; i != nullptr; i = i->ifa_next) {
    if (const std::optional<Address> a = AddressOf(i->ifa_addr)) {
      addresses.push_back(*a);
    }
  }
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()),
                  addresses.end());
  return addresses;
}

}  // namespace sunder::agent
