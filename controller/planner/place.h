// Members of one side that are at one host, or at none of ours, taken together:
// the unit that flows run between, so that thousands of tasks stay few flows.

#ifndef SUNDER_CONTROLLER_PLANNER_PLACE_H_
#define SUNDER_CONTROLLER_PLANNER_PLACE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "controller/planner/division.h"
#include "controller/planner/scope.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::controller {

struct Place {
  const v1::Host* host =
      nullptr;  // With an agent; nullptr: nobody drops there.
  std::vector<std::string> members = {};
  std::vector<Scope> scopes = {};
  std::vector<std::string> silent =
      {};  // Members that serve no port the filter wants.

  // "cart.1", "cart.1, cart.4", "cart.1, cart.4 and 7 more": in labels and
  // notes.
  std::string Name() const;
};

// The places of each side, in the order of their first members. On a side that
// is cut from itself each member has a place of its own. `filter` narrows the
// scopes.
absl::StatusOr<std::map<int, std::vector<Place>>> PlacesBySide(
    const Scopes& scopes, const Division& division, const v1::Filter& filter);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_PLACE_H_
