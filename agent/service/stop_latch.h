// The stop latch of this host: a file in the state directory. While it is
// there, no fault is staged, armed or kept alive. Set by `sunder-agent
// --heal-all`, it outlives agents and reboots and goes only by --release-latch.
// Several processes may use it at once.

#ifndef SUNDER_AGENT_SERVICE_STOP_LATCH_H_
#define SUNDER_AGENT_SERVICE_STOP_LATCH_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/unique_fd.h"

namespace sunder::agent {

class StopLatch {
 public:
  explicit StopLatch(const std::string& state_dir);

  // True also where that cannot be found out.
  bool IsSet() const;
  absl::Status Set() const;  // OK also if it is set.
  // NOT_FOUND if it is not set.
  absl::Status Release() const;

  // What every refused call gets.
  absl::Status Refusal() const;

  // Readable after each change in the state directory; drain it by read().
  absl::StatusOr<UniqueFd> Watch() const;

  const std::string& path() const { return path_; }

 private:
  const std::string state_dir_;
  const std::string path_;
};

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_SERVICE_STOP_LATCH_H_
