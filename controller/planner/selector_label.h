// Terms that test a label: hosts bear the labels of the inventory and Mesos
// attributes, tasks those of their app.

#ifndef SUNDER_CONTROLLER_PLANNER_SELECTOR_LABEL_H_
#define SUNDER_CONTROLLER_PLANNER_SELECTOR_LABEL_H_

#include <vector>

#include "absl/status/statusor.h"
#include "controller/planner/member.h"
#include "controller/planner/selector_term.h"
#include "controller/planner/topology_index.h"

namespace sunder::controller {

// `term.label` must be set. Without a prefix: hosts where some match, else
// tasks; where both match, an error that names both readings.
absl::StatusOr<std::vector<Member>> SelectByLabel(const TopologyIndex& topology,
                                                  const SelectorTerm& term);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_SELECTOR_LABEL_H_
