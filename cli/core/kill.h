// What a kill came to. Pure.

#ifndef SUNDER_CLI_CORE_KILL_H_
#define SUNDER_CLI_CORE_KILL_H_

#include "absl/status/status.h"
#include "sunder/controller/v1/controller.pb.h"

namespace sunder::cli {

// OK: every task is confirmed gone. FAILED_PRECONDITION: one was refused, or
// ignored by Marathon. DEADLINE_EXCEEDED: one is not confirmed yet.
absl::Status KillStatus(const controller::v1::KillTasksResponse& response);

}  // namespace sunder::cli

#endif  // SUNDER_CLI_CORE_KILL_H_
