// The agent as a whole: opens what it needs, adopts or sweeps, listens, and
// runs until SIGTERM or SIGINT.

#ifndef SUNDER_AGENT_SERVICE_AGENT_H_
#define SUNDER_AGENT_SERVICE_AGENT_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/core/kernel.h"
#include "agent/kernel/transport.h"
#include "agent/service/options.h"

namespace sunder::agent {

// On a transport of the network namespace to act on.
using MakeKernel = std::function<absl::StatusOr<std::unique_ptr<Kernel>>(
    std::unique_ptr<NetlinkTransport>)>;

// To be called before any thread is made: it blocks the signals that it reads.
absl::Status RunAgent(const Options& options, const MakeKernel& make_kernel);

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_SERVICE_AGENT_H_
