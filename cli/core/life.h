// What can be concluded from a Fault as the controller last described it. Pure.

#ifndef SUNDER_CLI_CORE_LIFE_H_
#define SUNDER_CLI_CORE_LIFE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::cli {

absl::Time TimeOf(const v1::Instant& instant);
absl::Duration UncertaintyOf(const v1::Instant& instant);
absl::Duration DurationOf(const v1::FaultSpec& spec);

// Nothing of it is in force any more, confirmed or expired; it stays so.
bool IsFinal(v1::FaultState state);
// In force on every host.
bool IsInForce(v1::FaultState state);

// True where a final fault, once in force, went before its duration was over.
bool EndedEarly(const v1::Fault& fault);

// The last instant at which a fault, whatever happens, can be in force.
absl::Time LatestEnd(const v1::Fault& fault);

// A host on which packets may still be dropped, and until when at the latest.
struct Remnant {
  std::string host;
  absl::Time until;
};
// Empty for a final fault. Once healing has begun no lease is extended, so each
// host's last expiry bounds it; before, only the fault's end does.
std::vector<Remnant> Remnants(const v1::Fault& fault);

// The hosts' parts in the present generation, one for each host that the fault
// is on: none of a generation that comes or goes, or of a host that it has
// left.
std::vector<const v1::HostStatus*> PresentHosts(const v1::Fault& fault);

// How far apart their read-backs of "in force" are.
struct Skew {
  absl::Duration apart;
  absl::Duration uncertainty;  // Of the two outermost together.
};
std::optional<Skew> InForceSkew(const v1::Fault& fault);

}  // namespace sunder::cli

#endif  // SUNDER_CLI_CORE_LIFE_H_
