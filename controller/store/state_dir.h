// The directory that holds the controller's state: made, locked and synced.

#ifndef SUNDER_CONTROLLER_STORE_STATE_DIR_H_
#define SUNDER_CONTROLLER_STORE_STATE_DIR_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/unique_fd.h"

namespace sunder::controller {

// Makes `dir` (its owner's alone) where it is missing, and takes the lock on
// `dir`/controller.lock until the descriptor is closed. FAILED_PRECONDITION,
// naming the holder, where another process has it.
absl::StatusOr<UniqueFd> LockStateDir(const std::string& dir);

// Makes renames within `dir` durable.
absl::Status SyncDir(const std::string& dir);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_STORE_STATE_DIR_H_
