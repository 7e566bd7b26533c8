// gRPC targets as addresses and ports.

#ifndef SUNDER_CONTROLLER_PLANNER_TCP_TARGET_H_
#define SUNDER_CONTROLLER_PLANNER_TCP_TARGET_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace sunder::controller {

struct TcpTarget {
  std::string host;  // An address without brackets, or a name.
  uint32_t port = 0;
};

// nullopt for targets that are not over TCP ("unix:/run/x") or that have no
// port.
std::optional<TcpTarget> ParseTcpTarget(absl::string_view target);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_TCP_TARGET_H_
