// What no fault may cut on this host, whatever the controller sends: the
// agent's own endpoint and the local sshd. Pure.

#ifndef SUNDER_AGENT_SERVICE_PROTECT_H_
#define SUNDER_AGENT_SERVICE_PROTECT_H_

#include <string>
#include <vector>

#include "common/address.h"
#include "sunder/agent/v1/agent.pb.h"

namespace sunder::agent {

// Adds this host's own tuples to `request`, and makes each tuple without local
// address one tuple for each of `addresses`: the compiler does not know which
// addresses are local. `listen` is the agent's gRPC target.
void Protect(const std::string& listen, const std::vector<Address>& addresses,
             v1::StageRequest& request);

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_SERVICE_PROTECT_H_
