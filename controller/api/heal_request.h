// Which faults a HealFaults request means. Pure.

#ifndef SUNDER_CONTROLLER_API_HEAL_REQUEST_H_
#define SUNDER_CONTROLLER_API_HEAL_REQUEST_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "controller/api/fault_index.h"
#include "sunder/controller/v1/controller.pb.h"

namespace sunder::controller {

struct ToHeal {
  std::vector<std::string> ids;            // Each once.
  std::vector<absl::Status> not_resolved;  // Of the others that were named.
};

// An error where no fault is meant: the first name's.
absl::StatusOr<ToHeal> FaultsToHeal(const v1::HealFaultsRequest& request,
                                    const FaultIndex& index);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_API_HEAL_REQUEST_H_
