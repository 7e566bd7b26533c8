// `sunder-agent --heal-all` and `--release-latch`: what an operator can always
// do on a host, with or without an agent.

#ifndef SUNDER_AGENT_SERVICE_HEAL_ALL_H_
#define SUNDER_AGENT_SERVICE_HEAL_ALL_H_

#include <ostream>
#include <string>

#include "absl/status/status.h"

namespace sunder::agent {

// Sets the stop latch, removes everything of ours from this network namespace
// and reads back. Where the latch cannot be set, or the agent that lives here
// does not see it, it removes all the same and returns that error.
absl::Status HealAll(const std::string& state_dir, std::ostream& out);

absl::Status ReleaseLatch(const std::string& state_dir, std::ostream& out);

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_SERVICE_HEAL_ALL_H_
