#include "common/clock.h"

#include <time.h>

#include <cstdint>

namespace sunder {
namespace {

int64_t ReadNanos(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);  // Cannot fail for the clocks below.
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

}  // namespace

BootInstant BootNow() {
  return BootInstant::FromNanos(ReadNanos(CLOCK_BOOTTIME));
}

WallInstant WallNow() {
  return WallInstant::FromNanos(ReadNanos(CLOCK_REALTIME));
}

}  // namespace sunder
