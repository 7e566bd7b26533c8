// Becomes readable when somebody sets the wall clock (slewing does not count).
// Owned and used by the agent's loop.

#ifndef SUNDER_AGENT_SERVICE_CLOCK_WATCH_H_
#define SUNDER_AGENT_SERVICE_CLOCK_WATCH_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/instant.h"
#include "common/unique_fd.h"

namespace sunder::agent {

class ClockWatch {
 public:
  static absl::StatusOr<ClockWatch> Create();

  int fd() const { return fd_.get(); }
  // Whether the clock was set since the last call; watches on.
  absl::StatusOr<bool> WasSet();

 private:
  explicit ClockWatch(UniqueFd fd) : fd_(std::move(fd)) {}
  absl::Status Rearm();
  UniqueFd fd_;
};

// What the wall clock will show at `at`, if nobody sets it until then.
WallInstant WallAt(BootInstant at);

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_SERVICE_CLOCK_WATCH_H_
