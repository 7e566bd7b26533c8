#include "cli/core/exit_code.h"

#include "common/error_detail.h"

namespace sunder::cli {

ExitCode ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return ExitCode::kDone;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return ExitCode::kUsage;
    case absl::StatusCode::kNotFound:
      return ExitCode::kNotFound;
    case absl::StatusCode::kUnavailable:
      // With a detail the controller has answered; Marathon, say, did not.
      return GetErrorDetail(status) ? ExitCode::kFailed
                                    : ExitCode::kUnreachable;
    case absl::StatusCode::kDeadlineExceeded:
      return ExitCode::kTimedOut;
    default:
      return ExitCode::kFailed;
  }
}

ExitCode ReadExitCodeOf(const absl::Status& status) {
  // With a detail the controller has answered, and something else was late.
  return absl::IsDeadlineExceeded(status) && !GetErrorDetail(status).has_value()
             ? ExitCode::kUnreachable
             : ExitCodeOf(status);
}

bool LeavesOpen(const absl::Status& status) {
  // Every error that the controller makes carries a detail; the transport's do
  // not.
  if (GetErrorDetail(status).has_value()) return false;
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kInternal:
      return true;
    default:
      return false;
  }
}

}  // namespace sunder::cli
