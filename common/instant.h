// Instants on a named clock: nanoseconds since that clock's zero. Instants of
// two clocks do not mix; only a difference (absl::Duration) crosses from one to
// the other.

#ifndef SUNDER_COMMON_INSTANT_H_
#define SUNDER_COMMON_INSTANT_H_

#include <compare>
#include <cstdint>

#include "absl/time/time.h"

namespace sunder {

template <typename Clock>
class Instant {
 public:
  constexpr Instant() = default;
  static constexpr Instant FromNanos(int64_t ns) { return Instant(ns); }
  constexpr int64_t nanos() const { return ns_; }

  friend constexpr auto operator<=>(const Instant&, const Instant&) = default;
  friend Instant operator+(Instant t, absl::Duration d) {
    return Instant(t.ns_ + absl::ToInt64Nanoseconds(d));
  }
  friend Instant operator-(Instant t, absl::Duration d) {
    return Instant(t.ns_ - absl::ToInt64Nanoseconds(d));
  }
  friend absl::Duration operator-(Instant a, Instant b) {
    return absl::Nanoseconds(a.ns_ - b.ns_);
  }

 private:
  explicit constexpr Instant(int64_t ns) : ns_(ns) {}
  int64_t ns_ = 0;
};

// CLOCK_BOOTTIME of the process that holds the value: the only clock that our
// state machines know. It never steps and goes on through suspend.
struct LocalBoot {};
using BootInstant = Instant<LocalBoot>;

// CLOCK_BOOTTIME of an agent, as the controller sees it (it differs by host).
struct AgentBoot {};
using AgentInstant = Instant<AgentBoot>;

// CLOCK_REALTIME: for the kernel's `meta time` gate and for people only. It
// steps.
struct WallClock {};
using WallInstant = Instant<WallClock>;

}  // namespace sunder

#endif  // SUNDER_COMMON_INSTANT_H_
