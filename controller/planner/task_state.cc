#include "controller/planner/task_state.h"

#include <algorithm>

#include "absl/strings/string_view.h"

namespace sunder::controller {

bool HasEnded(const v1::Task& task) {
  constexpr absl::string_view kEnds[] = {
      "TASK_FINISHED", "TASK_FAILED",  "TASK_KILLED",
      "TASK_ERROR",    "TASK_DROPPED", "TASK_GONE",
  };
  return std::find(std::begin(kEnds), std::end(kEnds), task.state()) !=
         std::end(kEnds);
}

}  // namespace sunder::controller
