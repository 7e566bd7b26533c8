// Which faults a HealFaults request means. Pure.

#ifndef SUNDER_CONTROLLER_API_HEAL_REQUEST_H_
#define SUNDER_CONTROLLER_API_HEAL_REQUEST_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "controller/api/fault_index.h"
#include "sunder/controller/v1/controller.pb.h"

namespace sunder::controller {

// Ids, each once. All or an error: one id that means nothing heals nothing.
absl::StatusOr<std::vector<std::string>> FaultsToHeal(
    const v1::HealFaultsRequest& request, const FaultIndex& index);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_API_HEAL_REQUEST_H_
