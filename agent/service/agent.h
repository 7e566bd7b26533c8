// The agent as a whole: opens what it needs, adopts or sweeps, listens, and
// runs until SIGTERM or SIGINT.

#ifndef SUNDER_AGENT_SERVICE_AGENT_H_
#define SUNDER_AGENT_SERVICE_AGENT_H_

#include "absl/status/status.h"
#include "agent/service/options.h"

namespace sunder::agent {

// To be called before any thread is made: it blocks the signals that it reads.
absl::Status RunAgent(const Options& options);

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_SERVICE_AGENT_H_
