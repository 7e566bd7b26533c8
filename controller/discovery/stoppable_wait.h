// A pause that a stop request ends.

#ifndef SUNDER_CONTROLLER_DISCOVERY_STOPPABLE_WAIT_H_
#define SUNDER_CONTROLLER_DISCOVERY_STOPPABLE_WAIT_H_

#include <stop_token>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace sunder::controller {

// Returns after `pause`, or as soon as `stop` is asked for.
inline void WaitOrStop(const std::stop_token& stop, absl::Duration pause) {
  absl::Notification stopped;
  const std::stop_callback on_stop(stop, [&stopped] { stopped.Notify(); });
  stopped.WaitForNotificationWithTimeout(pause);
}

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_DISCOVERY_STOPPABLE_WAIT_H_
