// `sunder kill` against a fake controller: what became of each task.

#include <string>

#include "cli/testing/program_fixture.h"
#include "common/error_detail.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(ProgramTest, KillTellsEachTasksFate) {
  controller_->SetKill(FromText<controller::v1::KillTasksResponse>(
      "tasks { id: 'redis.1' outcome: KILL_OUTCOME_CONFIRMED } seed: 7"));
  const Result result = Run({"kill", "/redis", "--count", "1", "--seed", "7",
                             "--scale", "--force", "--wait-timeout", "5s"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("redis.1  killed"));
  const controller::v1::KillTasksRequest request = controller_->killed();
  EXPECT_EQ(request.count(), 1u);
  EXPECT_EQ(request.seed(), 7u);
  EXPECT_EQ(request.wait().seconds(), 5);
  EXPECT_TRUE(request.scale() && request.force() && !request.wipe());
  EXPECT_EQ(RunJson({"kill", "/redis", "--percent", "50"})["seed"], "7");
  EXPECT_EQ(controller_->killed().percent(), 50u);
  EXPECT_EQ(Run({"kill", "/redis", "--all", "--wipe"}).code, 0);
  EXPECT_TRUE(controller_->killed().all() && controller_->killed().wipe());
  EXPECT_EQ(Run({"kill", "task:redis.1", "--dry-run"}).code, 0);
  EXPECT_EQ(controller_->killed().amount_case(),
            controller::v1::KillTasksRequest::AMOUNT_NOT_SET);
  EXPECT_TRUE(controller_->killed().validate_only());
}

TEST_F(ProgramTest, KillExitsByWhatItCameTo) {
  controller_->SetKill(FromText<controller::v1::KillTasksResponse>(
      "tasks { id: 'redis.1' outcome: KILL_OUTCOME_REQUESTED }"));
  EXPECT_EQ(Run({"kill", "/redis", "--all"}).code, 5);
  controller_->SetKill(FromText<controller::v1::KillTasksResponse>(
      "tasks { id: 'redis.1' outcome: KILL_OUTCOME_IGNORED }"));
  EXPECT_EQ(Run({"kill", "/redis", "--all"}).code, 1);
}

TEST_F(ProgramTest, KillThatMarathonDoesNotTakeExitsOneAndSaysWhatItSaid) {
  controller_->FailWith(
      "KillTasks",
      ErrorWithDetail(absl::StatusCode::kUnavailable,
                      "Marathon did not take the kill: http://m1: refused",
                      "MARATHON_UNREACHABLE", "http://m1",
                      "See that Marathon runs."));
  for (const char* flag : {"--all", "--count=1"}) {
    const Result result = Run({"kill", "/redis", flag});
    EXPECT_EQ(result.code, 1);
    EXPECT_EQ(result.err,
              "sunder: Marathon did not take the kill: http://m1: refused\n"
              "  next: See that Marathon runs.\n");
    EXPECT_THAT(result.out, IsEmpty());
  }
}

TEST_F(ProgramTest, KillWhoseAnswerIsLostIsInDoubt) {
  for (const absl::Status& lost :
       {absl::UnavailableError("reset"), absl::DeadlineExceededError("late"),
        absl::CancelledError("gone")}) {
    controller_->FailWith("KillTasks", lost);
    const Result result = Run({"kill", "/redis", "--all"});
    EXPECT_EQ(result.code, 5) << result.err;
    EXPECT_THAT(result.err, HasSubstr("it is not known whether"));
    EXPECT_THAT(result.err, HasSubstr("/redis"));
    EXPECT_THAT(result.err, HasSubstr(std::string(lost.message())));
    EXPECT_THAT(result.err, HasSubstr("next: `sunder tasks --refresh`"));
  }
  controller_->FailWith("KillTasks", absl::UnavailableError("reset"));
  EXPECT_EQ(Run({"kill", "/redis", "--all", "--dry-run"}).code, 4);
}

TEST_F(ProgramTest, KillThatFindsNoControllerKillsNothingForCertain) {
  for (const absl::Status& silent :
       {absl::UnavailableError("reset"), absl::DeadlineExceededError("late")}) {
    controller_->FailWith("ListAgents", silent);
    EXPECT_EQ(Run({"kill", "/redis", "--all"}).code, 4);
  }
  EXPECT_EQ(controller_->calls("KillTasks"), 0);
}

// The controller itself gives Marathon up after 20 s.
TEST_F(ProgramTest, KillIsAwaitedLongerThanMarathonHasToTakeIt) {
  Run({"kill", "/redis", "--all", "--wait-timeout", "1s"});
  EXPECT_GT(controller_->patience(), absl::Seconds(21));
  Run({"kill", "/redis", "--all", "--wait-timeout", "60s"});
  EXPECT_GT(controller_->patience(), absl::Seconds(61));
}
}  // namespace
}  // namespace sunder::cli
