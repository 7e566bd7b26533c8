// Who serves here: one agent for a network namespace and for a state directory,
// and no other program's socket taken away.

#ifndef SUNDER_AGENT_SERVICE_SOCKET_GUARD_H_
#define SUNDER_AGENT_SERVICE_SOCKET_GUARD_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/unique_fd.h"

namespace sunder::agent {

// Held for as long as the descriptor is open, also by a stopped process; gone
// with the process. Pass it to AnswerClaims whenever it is readable.
// ALREADY_EXISTS: another agent serves this network namespace. Anybody may take
// the claim's name; somebody who is no agent is logged, and no descriptor held.
absl::StatusOr<UniqueFd> ClaimNetworkNamespace();
void AnswerClaims(const UniqueFd& claim);
// The process that holds the claim: root's, and it listens. NOT_FOUND: nobody
// listens. Any other error: somebody else holds it, or one cannot know.
absl::StatusOr<pid_t> FindAgentHere();

// Held like that, for a state directory.
absl::StatusOr<UniqueFd> ClaimStateDirectory(const std::string& state_dir);

// Makes way for a unix socket at `path`: removes one that nobody listens on,
// and makes its directory. ALREADY_EXISTS: somebody listens, or it is no
// socket.
absl::Status ClearSocketPath(const std::string& path);

// "unix:/x" and "unix:///x" -> "/x"; empty for other targets.
std::string SocketPathOf(const std::string& target);

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_SERVICE_SOCKET_GUARD_H_
