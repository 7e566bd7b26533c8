#include "agent/service/clock_watch.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <ctime>
#include <limits>

#include "absl/time/time.h"
#include "common/clock.h"
#include "common/errno_status.h"

namespace sunder::agent {

absl::StatusOr<ClockWatch> ClockWatch::Create() {
  UniqueFd fd(timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!fd.valid()) return ErrnoStatus(errno, "timerfd_create CLOCK_REALTIME");
  ClockWatch watch(std::move(fd));
  if (absl::Status s = watch.Rearm(); !s.ok()) return s;
  return watch;
}

absl::Status ClockWatch::Rearm() {
  itimerspec never{};
  never.it_value.tv_sec = std::numeric_limits<int32_t>::max() * int64_t{2};
  // ECANCELED tells of a step between two calls; the timer is armed anyway.
  if (timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
                      &never, nullptr) != 0 &&
      errno != ECANCELED) {
    return ErrnoStatus(errno, "timerfd_settime TFD_TIMER_CANCEL_ON_SET");
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> ClockWatch::WasSet() {
  uint64_t expirations = 0;
  if (read(fd_.get(), &expirations, sizeof expirations) < 0 &&
      errno != ECANCELED) {
    if (errno == EAGAIN || errno == EINTR) return false;
    return ErrnoStatus(errno, "read the wall clock's timer");
  }
  if (absl::Status s = Rearm(); !s.ok()) return s;
  return true;
}

WallInstant WallAt(BootInstant at) {
  // The process may be put off the CPU between the two clocks: take the
  // tightest of a few looks.
  absl::Duration tightest = absl::InfiniteDuration();
  WallInstant result;
  for (int i = 0; i < 5; ++i) {
    const BootInstant before = BootNow();
    const WallInstant wall = WallNow();
    const BootInstant after = BootNow();
    if (after - before >= tightest) continue;
    tightest = after - before;
    result = wall + (at - (before + tightest / 2));
  }
  return result;
}

}  // namespace sunder::agent
