#include "cli/core/life.h"

#include <algorithm>

namespace sunder::cli {
namespace {

absl::Duration ToDuration(const google::protobuf::Duration& d) {
  return absl::Seconds(d.seconds()) + absl::Nanoseconds(d.nanos());
}

absl::Time Latest(const v1::Instant& instant) {
  return TimeOf(instant) + UncertaintyOf(instant);
}

bool CanHold(v1::HostState state) {
  switch (state) {
    case v1::HOST_STATE_ARMED:
    case v1::HOST_STATE_IN_FORCE:
    case v1::HOST_STATE_UNKNOWN:
      return true;
    default:
      return false;
  }
}

bool IsGone(v1::HostState state) {
  return state == v1::HOST_STATE_HEALED || state == v1::HOST_STATE_EXPIRED;
}

}  // namespace

absl::Time TimeOf(const v1::Instant& instant) {
  return absl::FromUnixSeconds(instant.at().seconds()) +
         absl::Nanoseconds(instant.at().nanos());
}

absl::Duration UncertaintyOf(const v1::Instant& instant) {
  return ToDuration(instant.uncertainty());
}

absl::Duration DurationOf(const v1::FaultSpec& spec) {
  return ToDuration(spec.duration());
}

bool IsFinal(v1::FaultState state) {
  return state == v1::FAULT_STATE_HEALED || state == v1::FAULT_STATE_EXPIRED ||
         state == v1::FAULT_STATE_FAILED;
}

bool IsInForce(v1::FaultState state) {
  return state == v1::FAULT_STATE_IN_FORCE || state == v1::FAULT_STATE_CHANGING;
}

bool EndedEarly(const v1::Fault& fault) {
  if (fault.state() == v1::FAULT_STATE_EXPIRED) return true;
  return fault.has_heal_began() && fault.has_end() &&
         Latest(fault.heal_began()) < TimeOf(fault.end());
}

absl::Time LatestEnd(const v1::Fault& fault) {
  if (fault.has_end()) return Latest(fault.end());
  // Not armed yet. A host forgets after 30 s what it was staged and not armed
  // for; as much again for what goes before the staging.
  return Latest(fault.created()) + absl::Seconds(60) + DurationOf(fault.spec());
}

std::vector<Remnant> Remnants(const v1::Fault& fault) {
  std::vector<Remnant> remnants;
  if (IsFinal(fault.state())) return remnants;
  const bool healing = fault.state() == v1::FAULT_STATE_HEALING;
  for (const v1::HostStatus& host : fault.hosts()) {
    if (healing ? !CanHold(host.state()) : IsGone(host.state())) continue;
    absl::Time until = LatestEnd(fault);
    if (healing || host.state() == v1::HOST_STATE_UNKNOWN) {
      if (host.has_unknown_until()) {
        until = Latest(host.unknown_until());
      } else if (host.has_expiry()) {
        until = Latest(host.expiry());
      }
    }
    remnants.push_back({host.host(), until});
  }
  return remnants;
}

std::vector<const v1::HostStatus*> PresentHosts(const v1::Fault& fault) {
  std::vector<const v1::HostStatus*> hosts;
  for (const v1::HostStatus& host : fault.hosts()) {
    if (host.generation() == fault.generation()) hosts.push_back(&host);
  }
  return hosts;
}

std::optional<Skew> InForceSkew(const v1::Fault& fault) {
  std::vector<const v1::Instant*> instants;
  for (const v1::HostStatus* host : PresentHosts(fault)) {
    if (host->has_in_force()) instants.push_back(&host->in_force());
  }
  if (instants.size() < 2) return std::nullopt;
  const auto [first, last] =
      std::minmax_element(instants.begin(), instants.end(),
                          [](const v1::Instant* a, const v1::Instant* b) {
                            return TimeOf(*a) < TimeOf(*b);
                          });
  return Skew{TimeOf(**last) - TimeOf(**first),
              UncertaintyOf(**first) + UncertaintyOf(**last)};
}

}  // namespace sunder::cli
