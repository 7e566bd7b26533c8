// Reads what is there: the first half of hosts, apps, tasks and topology.

#ifndef SUNDER_CLI_COMMANDS_VIEW_H_
#define SUNDER_CLI_COMMANDS_VIEW_H_

#include "absl/status/statusor.h"
#include "cli/commands/environment.h"

namespace sunder::cli {

struct View {
  v1::Topology topology;
  controller::v1::ListAgentsResponse agents;  // Only if asked for.
};

// `refresh`: the controller reads its sources again first.
absl::StatusOr<View> ReadView(const Environment& environment, bool refresh,
                              bool with_agents);

}  // namespace sunder::cli

#endif  // SUNDER_CLI_COMMANDS_VIEW_H_
