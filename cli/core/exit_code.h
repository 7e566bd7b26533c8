// What the program's exit code says; the same for every command. A suite's
// branches hang on these numbers: they never change their meaning.

#ifndef SUNDER_CLI_CORE_EXIT_CODE_H_
#define SUNDER_CLI_CORE_EXIT_CODE_H_

#include "absl/status/status.h"

namespace sunder::cli {

enum class ExitCode {
  kDone = 0,
  kFailed = 1,       // And nothing is in force: confirmed, or expired.
  kUsage = 2,        // The request makes no sense as it stands.
  kNotFound = 3,     // No such host, app, task or fault.
  kUnreachable = 4,  // No controller answers.
  kTimedOut = 5,     // And nothing is in force.
  // 6 and 7 are kept for verdicts: hypothesis disproved, void.
  kMayBeInForce = 8,  // On the hosts, and until the instants, that are printed.
};

// The code of a request that failed with `status` (not OK) and left nothing.
ExitCode ExitCodeOf(const absl::Status& status);

// Of a request that only reads: who does not answer it in time is not reached.
ExitCode ReadExitCodeOf(const absl::Status& status);

// True where `status` leaves open whether the controller has carried the
// request out: the connection failed, and no controller said so itself.
bool LeavesOpen(const absl::Status& status);

}  // namespace sunder::cli

#endif  // SUNDER_CLI_CORE_EXIT_CODE_H_
