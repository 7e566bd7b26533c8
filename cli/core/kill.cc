#include "cli/core/kill.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sunder::cli {

absl::Status KillStatus(const controller::v1::KillTasksResponse& response) {
  std::vector<std::string> refused;
  std::vector<std::string> open;
  for (const controller::v1::KilledTask& task : response.tasks()) {
    switch (task.outcome()) {
      case controller::v1::KILL_OUTCOME_CONFIRMED:
        break;
      case controller::v1::KILL_OUTCOME_IGNORED:
      case controller::v1::KILL_OUTCOME_REFUSED:
        refused.push_back(
            task.reason().empty()
                ? task.id()
                : absl::StrCat(task.id(), " (", task.reason(), ")"));
        break;
      default:
        open.push_back(task.id());
    }
  }
  if (!refused.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("not killed: ", absl::StrJoin(refused, ", ")));
  }
  if (!open.empty()) {
    return absl::DeadlineExceededError(
        absl::StrCat("not confirmed to be gone: ", absl::StrJoin(open, ", ")));
  }
  return absl::OkStatus();
}

}  // namespace sunder::cli
