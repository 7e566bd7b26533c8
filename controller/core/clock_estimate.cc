#include "controller/core/clock_estimate.h"

#include <algorithm>

namespace sunder::controller {
namespace {

constexpr int64_t kDriftParts = 10'000;  // 100 ppm: 1 part of this many.
constexpr absl::Duration kRecent = absl::Minutes(2);
// Halving and dividing round, each by less than one.
constexpr absl::Duration kRounding = absl::Nanoseconds(3);

}  // namespace

void ClockEstimate::Add(const Exchange& exchange) {
  const absl::Duration round_trip = exchange.received - exchange.sent;
  if (round_trip < absl::ZeroDuration()) return;
  recent_[next_] = exchange;
  next_ = (next_ + 1) % kExchanges;

  const absl::Duration half = round_trip / 2;
  const BootInstant middle = exchange.sent + half;
  // While the exchange lasted the clocks drifted apart, too.
  const absl::Duration error = half + half / kDriftParts + kRounding;
  if (error > Uncertainty(middle)) return;
  best_ =
      Best{.at = middle,
           .offset = absl::Nanoseconds(exchange.agent.nanos() - middle.nanos()),
           .half = error,
           .round_trip = round_trip};
}

bool ClockEstimate::Ready(BootInstant now) const {
  return std::all_of(recent_.begin(), recent_.end(), [now](const auto& e) {
    return e && now - e->received <= kRecent;
  });
}

absl::Duration ClockEstimate::Uncertainty(BootInstant t) const {
  if (!best_) return absl::InfiniteDuration();
  return best_->half + absl::AbsDuration(t - best_->at) / kDriftParts +
         kRounding;
}

absl::Duration ClockEstimate::best_round_trip() const {
  return best_ ? best_->round_trip : absl::InfiniteDuration();
}

AgentInstant ClockEstimate::ToAgent(BootInstant t) const {
  return AgentInstant::FromNanos(t.nanos()) + best_->offset;
}

BootInstant ClockEstimate::ToLocal(AgentInstant t) const {
  return BootInstant::FromNanos(t.nanos()) - best_->offset;
}

}  // namespace sunder::controller
