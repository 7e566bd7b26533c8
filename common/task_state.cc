#include "common/task_state.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace sunder {

bool IsFinalTaskState(absl::string_view state) {
  // LOST, UNREACHABLE and UNKNOWN are missing on purpose: such a task may run.
  constexpr absl::string_view kEnds[] = {
      "FINISHED", "FAILED", "KILLED",           "ERROR",
      "DROPPED",  "GONE",   "GONE_BY_OPERATOR",
  };
  absl::ConsumePrefix(&state, "TASK_");
  return std::any_of(std::begin(kEnds), std::end(kEnds),
                     [state](absl::string_view end) {
                       return absl::EqualsIgnoreCase(state, end);
                     });
}

bool HasEnded(const v1::Task& task) { return IsFinalTaskState(task.state()); }

}  // namespace sunder
