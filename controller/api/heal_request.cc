#include "controller/api/heal_request.h"

#include <set>
#include <utility>

#include "common/error_detail.h"
#include "controller/planner/spec_check.h"

namespace sunder::controller {

absl::StatusOr<ToHeal> FaultsToHeal(const v1::HealFaultsRequest& request,
                                    const FaultIndex& index) {
  const int ways = (request.ids().empty() ? 0 : 1) +
                   (request.all_of_owner().empty() ? 0 : 1) +
                   (request.everyones() ? 1 : 0);
  if (ways != 1) {
    return ErrorWithDetail(
        absl::StatusCode::kInvalidArgument,
        ways == 0 ? "the request does not say which faults to heal"
                  : "the request says in several ways which faults to heal",
        "WHICH_FAULTS", "ids",
        "Give ids, or all_of_owner, or everyones; one of the three.");
  }
  if (request.everyones()) return ToHeal{index.Living(), {}};
  if (!request.all_of_owner().empty()) {
    absl::Status s = CheckShortText("all_of_owner", request.all_of_owner());
    if (!s.ok()) return s;
    return ToHeal{index.LivingOf(request.all_of_owner()), {}};
  }
  std::set<std::string> ids;
  std::vector<absl::Status> not_resolved;
  for (const std::string& text : request.ids()) {
    absl::StatusOr<std::string> id = index.Resolve(text);
    if (id.ok()) {
      ids.insert(*id);
    } else {
      not_resolved.push_back(id.status());
    }
  }
  if (ids.empty()) return not_resolved.front();
  return ToHeal{{ids.begin(), ids.end()}, std::move(not_resolved)};
}

}  // namespace sunder::controller
