#include "common/task_state.h"

#include "gtest/gtest.h"

namespace sunder {
namespace {

TEST(TaskState, EndsAreMesosFinalStatesAndNothingElse) {
  v1::Task task;
  for (const char* state :
       {"TASK_FINISHED", "TASK_FAILED", "TASK_KILLED", "TASK_ERROR",
        "TASK_DROPPED", "TASK_GONE", "TASK_GONE_BY_OPERATOR"}) {
    task.set_state(state);
    EXPECT_TRUE(HasEnded(task)) << state;
  }
  for (const char* state : {"", "TASK_RUNNING", "TASK_KILLING", "TASK_LOST",
                            "TASK_UNREACHABLE", "TASK_UNKNOWN", "TASK_NEW"}) {
    task.set_state(state);
    EXPECT_FALSE(HasEnded(task)) << state;
  }
}

}  // namespace
}  // namespace sunder
