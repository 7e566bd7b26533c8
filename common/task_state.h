// What Marathon's words for a task's state mean to us.

#ifndef SUNDER_COMMON_TASK_STATE_H_
#define SUNDER_COMMON_TASK_STATE_H_

#include "absl/strings/string_view.h"
#include "sunder/v1/topology.pb.h"

namespace sunder {

// As Mesos names it, with or without "TASK_", in any case: Marathon's events
// and listings differ in that.
bool IsFinalTaskState(absl::string_view state);

// It will never run again. A state that we do not know is not an end; nor is
// TASK_UNREACHABLE or TASK_LOST, since such a task often still runs where
// nobody sees it.
bool HasEnded(const v1::Task& task);

}  // namespace sunder

#endif  // SUNDER_COMMON_TASK_STATE_H_
