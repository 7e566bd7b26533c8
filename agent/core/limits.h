// The bounds of what an agent holds and takes.

#ifndef SUNDER_AGENT_CORE_LIMITS_H_
#define SUNDER_AGENT_CORE_LIMITS_H_

#include <cstddef>

#include "absl/time/time.h"

namespace sunder::agent {

inline constexpr size_t kMostFaults = 64;
// Faults and tombstones together: a fault that is staged has room for its own.
inline constexpr size_t kMostRemembered = 1024;
inline constexpr size_t kMostWaitingCalls = 64;  // For one fault.

inline constexpr absl::Duration kDefaultTimeToLive = absl::Seconds(30);
inline constexpr absl::Duration kLongestTimeToLive = absl::Minutes(10);
inline constexpr absl::Duration kLongestLease = absl::Seconds(60);

// By how much a kernel may end a lease before its expiry: it counts in ticks.
inline constexpr absl::Duration kEarliestExpiry = absl::Milliseconds(50);

// A tombstone outlives every request that was made before it was left.
inline constexpr absl::Duration kLongestNotAfter = absl::Minutes(5);
inline constexpr absl::Duration kTombstoneLife = absl::Minutes(10);

// Between attempts to remove what the kernel did not let go.
inline constexpr absl::Duration kFirstRetry = absl::Milliseconds(100);
inline constexpr absl::Duration kLongestRetry = absl::Seconds(5);

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_CORE_LIMITS_H_
