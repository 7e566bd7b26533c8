// The agent as a whole: opens what it needs, adopts or sweeps, listens, and
// runs until SIGTERM or SIGINT.

#ifndef SUNDER_AGENT_SERVICE_AGENT_H_
#define SUNDER_AGENT_SERVICE_AGENT_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/core/kernel.h"
#include "agent/service/options.h"

namespace sunder::agent {

using MakeKernel = std::function<absl::StatusOr<std::unique_ptr<Kernel>>()>;

// To be called before any thread is made: it blocks the signals that it reads.
// `make_kernel` is called in this thread, in the network namespace to act on.
absl::Status RunAgent(const Options& options, const MakeKernel& make_kernel);

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_SERVICE_AGENT_H_
