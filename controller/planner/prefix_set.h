// Prefixes less other prefixes. Flows know no "except", so what must not be
// dropped is cut out of the prefix itself.

#ifndef SUNDER_CONTROLLER_PLANNER_PREFIX_SET_H_
#define SUNDER_CONTROLLER_PLANNER_PREFIX_SET_H_

#include <vector>

#include "absl/types/span.h"
#include "common/address.h"

namespace sunder::controller {

// The fewest prefixes that hold what is in `prefix` and in none of `holes`,
// sorted. At most 32 (IPv6: 128) for each hole.
std::vector<Prefix> Without(const Prefix& prefix,
                            absl::Span<const Prefix> holes);

bool Overlap(const Prefix& a, const Prefix& b);

// 127.0.0.0/8 and ::1: never part of any fault.
const std::vector<Prefix>& Loopback();
bool IsLoopback(const Address& address);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_PREFIX_SET_H_
