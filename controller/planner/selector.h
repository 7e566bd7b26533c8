// The language that picks members: terms joined by commas, whose union it is.
//
//   host:n1  app:/shop/cart  task:cart.1     by name
//   cidr:10.0.0.0/8                          an address or prefix outside
//   rack=r1  rack!=r1  rack in (r1,r2)       hosts, or else tasks, by label;
//                                            `!=`: have the label, another
//                                            value
//   host:rack=r1  task:rack=r1               the same where both have it
//
// Where the text has one reading only, the prefix may be left off. Pure.

#ifndef SUNDER_CONTROLLER_PLANNER_SELECTOR_H_
#define SUNDER_CONTROLLER_PLANNER_SELECTOR_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "controller/planner/member.h"
#include "controller/planner/topology_index.h"

namespace sunder::controller {

struct Selection {
  // Without repeats, never empty: terms in the order written, and what one term
  // picks sorted by name. An app's tasks are those that have not ended.
  std::vector<Member> members;
  // Every term is the name of one host or task, or an address.
  bool each_by_name = false;
};

// INVALID_ARGUMENT (syntax, two readings), NOT_FOUND (with near misses),
// FAILED_PRECONDITION (an app without tasks), UNIMPLEMENTED (`dns:`).
absl::StatusOr<Selection> Select(const TopologyIndex& topology,
                                 absl::string_view selector);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_SELECTOR_H_
