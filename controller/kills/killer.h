// Kills tasks through Marathon and finds out what became of them. Owns nothing
// but its options; each Kill is on its own, so any number may run at once. The
// Discovery outlives the Killer.

#ifndef SUNDER_CONTROLLER_KILLS_KILLER_H_
#define SUNDER_CONTROLLER_KILLS_KILLER_H_

#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controller/discovery/discovery.h"
#include "controller/kills/messages.h"
#include "controller/kills/protected.h"

namespace sunder::controller {

struct KillerOptions {
  // gRPC targets this controller listens on and Marathon runs perhaps as a
  // task: a task with such an endpoint is never killed. The agents' targets are
  // taken from the topology.
  std::vector<std::string> own_targets;
  OwnTask own_task;
  // How often Marathon is listed for confirmation while no event says it.
  absl::Duration recheck = absl::Milliseconds(500);
};

class Killer {
 public:
  Killer(Discovery& discovery, KillerOptions options);

  // BLOCKS until every task is confirmed gone, or request.wait (0: 30 s)
  // passed, or `stop` is asked for: call it in a thread of its own. With
  // validate_only it returns at once with outcome UNSPECIFIED for those it
  // would kill. The seed is drawn by the caller: it is an error to leave it 0
  // where victims are picked.
  //
  // An error means that nothing was killed as far as Marathon says (bad
  // request, refused, 409 with the deployments in the message, Marathon
  // unreachable), and carries a detail. Once Marathon may have taken the
  // request, the answer says task by task what is known.
  absl::StatusOr<controller::v1::KillTasksResponse> Kill(
      const controller::v1::KillTasksRequest& request,
      const std::stop_token& stop = {});

 private:
  Discovery& discovery_;
  const KillerOptions options_;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_KILLS_KILLER_H_
