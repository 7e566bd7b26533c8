#include "cli/core/kill.h"

#include "cli/testing/faults.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::cli {
namespace {

using ::testing::HasSubstr;

absl::Status Of(const std::string& text) {
  return KillStatus(FromText<controller::v1::KillTasksResponse>(text));
}

TEST(KillStatus, OnlyConfirmedKillsAreDone) {
  EXPECT_TRUE(Of("").ok());
  EXPECT_TRUE(Of("tasks { id: 'a' outcome: KILL_OUTCOME_CONFIRMED }").ok());
  EXPECT_EQ(Of("tasks { id: 'a' outcome: KILL_OUTCOME_CONFIRMED }"
               "tasks { id: 'b' outcome: KILL_OUTCOME_REQUESTED }")
                .code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(Of("tasks { id: 'a' }").code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST(KillStatus, RefusedAndIgnoredWeighMoreThanUnconfirmed) {
  const absl::Status status =
      Of("tasks { id: 'a' outcome: KILL_OUTCOME_REQUESTED }"
         "tasks { id: 'b' outcome: KILL_OUTCOME_IGNORED }"
         "tasks { id: 'c' outcome: KILL_OUTCOME_REFUSED reason: 'own agent' }");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("b, c (own agent)"));
}

}  // namespace
}  // namespace sunder::cli
