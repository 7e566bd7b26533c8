// A failed system call as a status.

#ifndef SUNDER_COMMON_ERRNO_STATUS_H_
#define SUNDER_COMMON_ERRNO_STATUS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sunder {

// The status of errno value `error`, met while doing `what` ("open /run/x").
// ENOENT is NOT_FOUND, EEXIST ALREADY_EXISTS, EPERM and EACCES
// PERMISSION_DENIED, and so on: one map for the whole project. `error` must not
// be 0.
absl::Status ErrnoStatus(int error, absl::string_view what);

}  // namespace sunder

#endif  // SUNDER_COMMON_ERRNO_STATUS_H_
