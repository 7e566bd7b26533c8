// Marathon's lists of apps and tasks as our values. Pure; takes anything that a
// server may send, and never throws.

#ifndef SUNDER_CONTROLLER_DISCOVERY_MARATHON_JSON_H_
#define SUNDER_CONTROLLER_DISCOVERY_MARATHON_JSON_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sunder/v1/topology.pb.h"

namespace sunder::controller {

// Task.host is empty everywhere: which host it is, merge.h finds out.
struct MarathonContent {
  std::vector<sunder::v1::App> apps;
  std::vector<sunder::v1::Task> tasks;
  // Tasks that could not be understood and apps whose tasks could not. While
  // there are any, a task's absence proves nothing.
  int rejected = 0;
  std::vector<std::string> warnings;  // Bounded; names what was rejected.
};

// The body of GET /v2/apps?embed=apps.tasks, and of GET /v2/apps/{id}.
absl::StatusOr<MarathonContent> ParseApps(absl::string_view body);
absl::StatusOr<MarathonContent> ParseApp(absl::string_view body);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_DISCOVERY_MARATHON_JSON_H_
