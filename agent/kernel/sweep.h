// The operator's last resort (`sunder-agent --heal-all`): removes every table
// that is ours by name, whatever made it and whatever is in it.

#ifndef SUNDER_AGENT_KERNEL_SWEEP_H_
#define SUNDER_AGENT_KERNEL_SWEEP_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/kernel/transport.h"

namespace sunder::agent {

// Deletes, in every family, the tables named "sunder" or "sunder_*". Returns
// what was deleted ("inet sunder_0000002a"). An error: what is left is not
// known, call again.
absl::StatusOr<std::vector<std::string>> SweepAll(NetlinkTransport& transport);

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_KERNEL_SWEEP_H_
