#include "cli/core/exit_code.h"

#include "common/error_detail.h"
#include "gtest/gtest.h"

namespace sunder::cli {
namespace {

TEST(ExitCode, NumbersAreThoseThatSuitesBranchOn) {
  EXPECT_EQ(static_cast<int>(ExitCode::kDone), 0);
  EXPECT_EQ(static_cast<int>(ExitCode::kFailed), 1);
  EXPECT_EQ(static_cast<int>(ExitCode::kUsage), 2);
  EXPECT_EQ(static_cast<int>(ExitCode::kNotFound), 3);
  EXPECT_EQ(static_cast<int>(ExitCode::kUnreachable), 4);
  EXPECT_EQ(static_cast<int>(ExitCode::kTimedOut), 5);
  EXPECT_EQ(static_cast<int>(ExitCode::kMayBeInForce), 8);
}

TEST(ExitCode, FollowsTheStatus) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), ExitCode::kDone);
  EXPECT_EQ(ExitCodeOf(absl::InvalidArgumentError("")), ExitCode::kUsage);
  EXPECT_EQ(ExitCodeOf(absl::NotFoundError("")), ExitCode::kNotFound);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("")), ExitCode::kUnreachable);
  EXPECT_EQ(ExitCodeOf(absl::DeadlineExceededError("")), ExitCode::kTimedOut);
  EXPECT_EQ(ExitCodeOf(absl::FailedPreconditionError("")), ExitCode::kFailed);
  EXPECT_EQ(ExitCodeOf(absl::PermissionDeniedError("")), ExitCode::kFailed);
}

TEST(ExitCode, AControllerThatSaysWhoDoesNotAnswerAnswersItself) {
  const absl::Status said =
      ErrorWithDetail(absl::StatusCode::kUnavailable, "Marathon is down",
                      "MARATHON_UNREACHABLE", "http://m1");
  EXPECT_EQ(ExitCodeOf(said), ExitCode::kFailed);
  EXPECT_EQ(ReadExitCodeOf(said), ExitCode::kFailed);
}

TEST(ReadExitCode, WhoDoesNotAnswerInTimeIsNotReached) {
  EXPECT_EQ(ReadExitCodeOf(absl::DeadlineExceededError("")),
            ExitCode::kUnreachable);
  EXPECT_EQ(ReadExitCodeOf(absl::UnavailableError("")), ExitCode::kUnreachable);
  EXPECT_EQ(ReadExitCodeOf(absl::NotFoundError("")), ExitCode::kNotFound);
  // The controller answers, and says that something else did not.
  EXPECT_EQ(ReadExitCodeOf(ErrorWithDetail(absl::StatusCode::kDeadlineExceeded,
                                           "Marathon is slow", "SLOW", "m")),
            ExitCode::kTimedOut);
}

TEST(LeavesOpen, WhatTheControllerSaysItselfIsCertain) {
  const absl::Status said = ErrorWithDetail(absl::StatusCode::kUnavailable,
                                            "n2 is down", "AGENT_DOWN", "n2");
  EXPECT_FALSE(LeavesOpen(said));
  EXPECT_FALSE(LeavesOpen(absl::NotFoundError("no such method")));
}

TEST(LeavesOpen, WhatTheConnectionSaysIsNot) {
  EXPECT_TRUE(LeavesOpen(absl::UnavailableError("reset by peer")));
  EXPECT_TRUE(LeavesOpen(absl::DeadlineExceededError("")));
  EXPECT_TRUE(LeavesOpen(absl::CancelledError("")));
  EXPECT_TRUE(LeavesOpen(absl::InternalError("")));
}

}  // namespace
}  // namespace sunder::cli
