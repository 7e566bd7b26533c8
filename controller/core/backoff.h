// How long to wait after the n-th failure in a row (n >= 1).

#ifndef SUNDER_CONTROLLER_CORE_BACKOFF_H_
#define SUNDER_CONTROLLER_CORE_BACKOFF_H_

#include <algorithm>

#include "absl/time/time.h"

namespace sunder::controller {

inline absl::Duration Backoff(int failures, absl::Duration most) {
  return std::min(most, absl::Milliseconds(50) * (1 << std::min(failures, 10)));
}

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_CORE_BACKOFF_H_
