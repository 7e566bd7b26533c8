#include "controller/api/deployment_facts.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <memory>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/address.h"
#include "common/errno_status.h"

namespace sunder::controller {
namespace {

constexpr uint32_t kMaxPort = 65535;

// Empty for what is neither IPv4 nor IPv6.
std::string Text(const sockaddr* address) {
  if (address == nullptr) return "";
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = nullptr;
  if (address->sa_family == AF_INET) {
    bytes = &reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
  } else if (address->sa_family == AF_INET6) {
    bytes = &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  } else {
    return "";
  }
  inet_ntop(address->sa_family, bytes, text.data(), text.size());
  return text.data();
}

// What is protected is part of a plan, and another order would be another one.
void SortUnique(std::vector<std::string>& addresses) {
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()),
                  addresses.end());
}

struct UrlPart {
  char* text = nullptr;
  ~UrlPart() { curl_free(text); }
};

}  // namespace

absl::StatusOr<std::vector<std::string>> LocalAddresses() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return ErrnoStatus(errno, "list addresses");
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list,
                                                               freeifaddrs);
  std::vector<std::string> addresses;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    std::string text = Text(entry->ifa_addr);
    if (!text.empty()) addresses.push_back(std::move(text));
  }
  SortUnique(addresses);
  return addresses;
}

absl::StatusOr<Service> MarathonService(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(
      curl_url(), curl_url_cleanup);
  UrlPart host, port;
  uint32_t number = 0;
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK ||
      curl_url_get(parsed.get(), CURLUPART_HOST, &host.text, 0) != CURLUE_OK ||
      curl_url_get(parsed.get(), CURLUPART_PORT, &port.text,
                   CURLU_DEFAULT_PORT) != CURLUE_OK ||
      !absl::SimpleAtoi(port.text, &number)) {
    // Without the URL: it may hold a password.
    return absl::InvalidArgumentError(
        "--marathon wants a URL such as http://marathon.example.com:8080");
  }
  absl::string_view name = host.text;
  if (absl::ConsumePrefix(&name, "[")) absl::ConsumeSuffix(&name, "]");
  Service service{"marathon", "", number};
  if (auto address = Address::Parse(name); address.ok()) {
    service.address = address->ToString();
  } else {
    service.host_name = std::string(name);
  }
  return service;
}

absl::Status ResolveServices(Resolver& resolver,
                             std::vector<Service>& services) {
  absl::Status status;
  std::vector<Service> resolved;
  for (const Service& service : services) {
    if (!service.address.empty() || service.host_name.empty()) {
      resolved.push_back(service);
      continue;
    }
    auto addresses = resolver.Resolve(service.host_name);
    if (!addresses.ok()) {
      status = addresses.status();
      resolved.push_back(service);
      continue;
    }
    SortUnique(*addresses);
    for (const std::string& address : *addresses) {
      resolved.push_back({service.name, address, service.port});
    }
  }
  services = std::move(resolved);
  return status;
}

absl::StatusOr<sunder::v1::ProtectedTuple> ParseProtected(
    const std::string& text) {
  absl::Status refused = absl::InvalidArgumentError(
      absl::StrCat("--protect wants PROTOCOL/PORT or PROTOCOL/PORT@PEER, with "
                   "protocol tcp, udp or sctp, port 1 to 65535 and peer an "
                   "address or prefix, not \"",
                   text, "\""));
  sunder::v1::ProtectedTuple tuple;
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, "tcp/")) {
    tuple.set_protocol(sunder::v1::PROTOCOL_TCP);
  } else if (absl::ConsumePrefix(&rest, "udp/")) {
    tuple.set_protocol(sunder::v1::PROTOCOL_UDP);
  } else if (absl::ConsumePrefix(&rest, "sctp/")) {
    tuple.set_protocol(sunder::v1::PROTOCOL_SCTP);
  } else {
    return refused;
  }
  const size_t at = rest.find('@');
  if (at != absl::string_view::npos) {
    const auto peer = Prefix::Parse(rest.substr(at + 1));
    if (!peer.ok()) return refused;
    tuple.set_peer(peer->ToString());
  }
  uint32_t port = 0;
  if (!absl::SimpleAtoi(rest.substr(0, at), &port) || port == 0 ||
      port > kMaxPort) {
    return refused;
  }
  tuple.set_port(port);
  tuple.set_why("the operator's list");
  return tuple;
}

}  // namespace sunder::controller
