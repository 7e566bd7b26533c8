// What the controller knows of one agent's CLOCK_BOOTTIME: how far it is ahead
// of its own, and how wrong that can be. Plain value, pure.
//
// An exchange bounds the offset: the agent read its clock somewhere between our
// sending and receiving. The best one is kept; clocks drift, so it ages.

#ifndef SUNDER_CONTROLLER_CORE_CLOCK_ESTIMATE_H_
#define SUNDER_CONTROLLER_CORE_CLOCK_ESTIMATE_H_

#include <array>
#include <cstddef>
#include <optional>

#include "absl/time/time.h"
#include "common/instant.h"

namespace sunder::controller {

// One request and its reply: the agent's clock showed `agent` between the two.
struct Exchange {
  BootInstant sent;
  BootInstant received;
  AgentInstant agent;
};

class ClockEstimate {
 public:
  static constexpr size_t kExchanges = 5;  // That make an estimate ready.

  // An exchange that cannot be (received before sent) is ignored.
  void Add(const Exchange& exchange);

  // At least one exchange: translation works, perhaps badly.
  bool known() const { return best_.has_value(); }
  // Enough exchanges of late to synchronise hosts by.
  bool Ready(BootInstant now) const;

  // The true offset at `t` lies within this of the one used. Infinite if
  // unknown.
  absl::Duration Uncertainty(BootInstant t) const;
  absl::Duration best_round_trip() const;

  // Both need known(). The error is at most Uncertainty() at that instant.
  AgentInstant ToAgent(BootInstant t) const;
  BootInstant ToLocal(AgentInstant t) const;

 private:
  struct Best {
    BootInstant at;  // The middle of the exchange.
    absl::Duration offset;
    absl::Duration half;  // Half the round trip.
    absl::Duration round_trip;
  };
  std::optional<Best> best_;
  std::array<std::optional<Exchange>, kExchanges> recent_;
  size_t next_ = 0;  // Where the oldest of recent_ is.
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_CORE_CLOCK_ESTIMATE_H_
