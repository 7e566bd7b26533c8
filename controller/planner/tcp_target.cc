#include "controller/planner/tcp_target.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

namespace sunder::controller {

std::optional<TcpTarget> ParseTcpTarget(absl::string_view target) {
  if (absl::StartsWith(target, "unix:") ||
      absl::StartsWith(target, "unix-abstract:")) {
    return {};
  }
  for (absl::string_view scheme : {"dns:", "ipv4:", "ipv6:"}) {
    if (!absl::ConsumePrefix(&target, scheme)) continue;
    if (absl::ConsumePrefix(&target, "//")) {  // An authority, then "/".
      target.remove_prefix(std::min(target.find('/'), target.size()));
    }
    absl::ConsumePrefix(&target, "/");
    break;
  }
  const size_t colon = target.rfind(':');
  uint32_t port = 0;
  if (colon == target.npos ||
      !absl::SimpleAtoi(target.substr(colon + 1), &port) || port == 0 ||
      port > 65535) {
    return {};
  }
  absl::string_view host = target.substr(0, colon);
  if (absl::ConsumePrefix(&host, "[") && !absl::ConsumeSuffix(&host, "]")) {
    return {};
  }
  return TcpTarget{std::string(host), port};
}

}  // namespace sunder::controller
