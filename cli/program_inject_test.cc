// partition, cut and --hold as a person or a suite runs them.

#include <signal.h>

#include <sstream>
#include <string>

#include "cli/testing/program_fixture.h"
#include "common/error_detail.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::cli {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// ----------------------------------------------------------------- injecting

TEST_F(ProgramTest, PartitionReturnsWhenTheFaultIsInForce) {
  const Result result =
      Run({"partition", "/redis", "--shape", "halves", "--for", "30s", "--name",
           "cart", "--seed", "42", "--owner", "suite"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("is in force on 3 hosts"));
  EXPECT_THAT(result.out, HasSubstr("sunder heal 3f2a9c0d1122"));
  EXPECT_THAT(result.err, IsEmpty());
  const v1::FaultSpec spec = controller_->created().spec();
  EXPECT_EQ(spec.shape().halves().of(), "/redis");
  EXPECT_EQ(spec.duration().seconds(), 30);
  EXPECT_EQ(spec.seed(), 42u);
  EXPECT_EQ(spec.name(), "cart");
  EXPECT_EQ(spec.owner(), "suite");
  EXPECT_EQ(controller_->calls("HealFaults"), 0);
}

TEST_F(ProgramTest, CutSendsSidesDirectionAndConversations) {
  EXPECT_EQ(Run({"cut", "n1,n2", "/redis", "--one-way", "--protocol", "tcp",
                 "--port", "6379,7000-7100", "--on-partial", "continue"})
                .code,
            0);
  const v1::FaultSpec spec = controller_->created().spec();
  EXPECT_EQ(spec.shape().simplex().from(), "n1,n2");
  EXPECT_EQ(spec.shape().simplex().to(), "/redis");
  EXPECT_EQ(spec.filter().protocol(), v1::PROTOCOL_TCP);
  EXPECT_EQ(spec.filter().ports(1).last(), 7100u);
  EXPECT_EQ(spec.on_partial(), v1::PARTIAL_POLICY_CONTINUE);
}

TEST_F(ProgramTest, AFaultInJsonIsOneDocument) {
  const json fault = RunJson({"partition", "--groups", "n1|n2,n3"});
  EXPECT_EQ(fault["id"], kId);
  EXPECT_EQ(fault["state"], "FAULT_STATE_IN_FORCE");
}

TEST_F(ProgramTest, ADryRunShowsThePlanAndStartsNothing) {
  controller::v1::CreateFaultResponse response;
  *response.mutable_fault() = HalvesStaged();
  response.add_rulesets()->set_ruleset("table inet sunder_1 {\n}\n");
  controller_->SetDryRun(response);
  const Result result =
      Run({"partition", "n1,n2,n3", "--shape", "halves", "--dry-run"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_TRUE(controller_->created().validate_only());
  EXPECT_THAT(result.out, HasSubstr("   1 n1  -  X  X\n"));
  EXPECT_THAT(result.out, HasSubstr("table inet sunder_1 {"));
  EXPECT_EQ(controller_->calls("WatchFault"), 0);
  EXPECT_EQ(RunJson({"cut", "n1", "n2", "--dry-run"})["fault"]["id"], kId);

  response.mutable_rulesets(0)->set_host("n1");
  response.mutable_rulesets(0)->set_error("no nf_tables");
  controller_->SetDryRun(response);
  const Result refused = Run({"cut", "n1", "n2", "--dry-run"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("n1 would refuse: no nf_tables"));
}

TEST_F(ProgramTest, AFailedFaultExitsOneWithItsReason) {
  v1::Fault failed =
      WithState(HalvesStaged(), v1::FAULT_STATE_FAILED, v1::HOST_STATE_HEALED);
  failed.set_reason("n2 lacks nf_tables");
  controller_->OnCreate({HalvesStaged(), failed});
  const Result result = Run({"cut", "n1", "n2"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(result.err, HasSubstr("n2 lacks nf_tables"));
  EXPECT_THAT(result.err, HasSubstr("\n  next: "));
  EXPECT_EQ(RunJson({"cut", "n1", "n2"}, 1)["state"], "FAULT_STATE_FAILED");
}

TEST_F(ProgramTest, ALateFaultIsHealedAndExitsFive) {
  controller_->OnCreate({HalvesStaged()});
  const Result result = Run({"cut", "n1", "n2", "--wait-timeout", "300ms"});
  EXPECT_EQ(result.code, 5) << result.err;
  EXPECT_THAT(controller_->healed().ids(), ElementsAre(kId));
  EXPECT_THAT(result.err, HasSubstr("not in force everywhere within 300ms"));
}

TEST_F(ProgramTest, ALateFaultThatIsLeftExitsEightWithHostsAndInstants) {
  controller_->OnCreate({HalvesStaged()});
  const Result result = Run(
      {"cut", "n1", "n2", "--wait-timeout", "300ms", "--on-timeout", "leave"});
  EXPECT_EQ(result.code, 8) << result.err;
  EXPECT_EQ(controller_->calls("HealFaults"), 0);
  EXPECT_THAT(result.err,
              HasSubstr("may be in force on n1 until 00:02:09.000"));
}

TEST_F(ProgramTest, AControllerThatDiesWhileItIsAskedLeavesADoubt) {
  controller_->FailWith("CreateFault", absl::UnavailableError("reset"));
  const Result result = Run({"cut", "n1", "n2"});
  EXPECT_EQ(result.code, 8);
  EXPECT_THAT(result.err, HasSubstr("may be in force on its hosts until"));
}

TEST_F(ProgramTest, ABrokenWatchIsNoMoreThanAGap) {
  controller_->OnCreate({HalvesStaged()});
  const auto program = Start({"cut", "n1", "n2"});
  ASSERT_TRUE(controller_->AwaitCalls("WatchFault", 1, kPatience));
  controller_->BreakWatches();
  ASSERT_TRUE(controller_->AwaitCalls("WatchFault", 2, kPatience));
  controller_->Publish(HalvesInForce());
  EXPECT_EQ(program->Wait(), 0) << program->Err();
}

TEST_F(ProgramTest, AnInterruptBeforeItIsInForceHeals) {
  controller_->OnCreate({HalvesStaged()});
  const auto program = Start({"cut", "n1", "n2"});
  ASSERT_TRUE(controller_->AwaitCalls("WatchFault", 1, kPatience));
  program->Signal(SIGINT);
  EXPECT_EQ(program->Wait(), 1);
  EXPECT_THAT(controller_->healed().ids(), ElementsAre(kId));
}

TEST_F(ProgramTest, WhatTheControllerRefusesIsToldWithItsAdvice) {
  const struct {
    absl::StatusCode status;
    int code;
  } cases[] = {{absl::StatusCode::kInvalidArgument, 2},
               {absl::StatusCode::kNotFound, 3},
               {absl::StatusCode::kUnavailable, 1},  // It did answer.
               {absl::StatusCode::kDeadlineExceeded, 5},
               {absl::StatusCode::kFailedPrecondition, 1}};
  for (const auto& [status, code] : cases) {
    controller_->FailWith("CreateFault",
                          ErrorWithDetail(status, "nothing matches", "NO_MATCH",
                                          "rack=r9", "Racks are r1, r2."));
    const Result result = Run({"cut", "rack=r9", "n2"});
    EXPECT_EQ(result.code, code);
    EXPECT_EQ(result.err,
              "sunder: rack=r9: nothing matches\n  next: Racks are r1, r2.\n");
    EXPECT_THAT(result.out, IsEmpty());
  }
}

// ---------------------------------------------------------------------- hold

TEST_F(ProgramTest, AHeldFaultIsHealedByAnySignalThatEnds) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const auto program = Start({"cut", "n1", "n2", "--hold", "-o", "json"});
    ASSERT_TRUE(program->AwaitOut("\n")) << program->Err();
    ASSERT_TRUE(controller_->AwaitHolders(1, kPatience));
    EXPECT_TRUE(controller_->created().spec().hold());
    program->Signal(signal);
    EXPECT_EQ(program->Wait(), 0) << program->Err();
    EXPECT_THAT(controller_->healed().ids(), ElementsAre(kId));
    ASSERT_TRUE(controller_->AwaitHolders(0, kPatience));
    // One line when it was in force, one when it was over.
    std::istringstream lines(program->Out());
    std::string first, second, third;
    std::getline(lines, first);
    std::getline(lines, second);
    EXPECT_EQ(json::parse(first)["state"], "FAULT_STATE_IN_FORCE");
    EXPECT_EQ(json::parse(second)["state"], "FAULT_STATE_HEALED");
    EXPECT_FALSE(std::getline(lines, third));
  }
}

TEST_F(ProgramTest, TheDeathOfAHolderEndsItsStream) {
  const auto program = Start({"cut", "n1", "n2", "--hold"});
  ASSERT_TRUE(program->AwaitOut("in force"));
  ASSERT_TRUE(controller_->AwaitHolders(1, kPatience));
  program->Signal(SIGKILL);
  EXPECT_TRUE(controller_->AwaitHolders(0, kPatience));
  EXPECT_EQ(program->Wait(), 128 + SIGKILL);
}

TEST_F(ProgramTest, AHolderIsDoneWhenTheTimeIsOver) {
  const auto program = Start({"cut", "n1", "n2", "--hold"});
  ASSERT_TRUE(program->AwaitOut("Ctrl-C"));
  v1::Fault over = HalvesHealed();
  over.mutable_heal_began()->mutable_at()->set_seconds(70);
  controller_->Publish(over);
  EXPECT_EQ(program->Wait(), 0) << program->Err();
  EXPECT_THAT(program->Out(), HasSubstr("7 packets dropped"));
}

TEST_F(ProgramTest, AHolderFailsWhenSomebodyElseHeals) {
  const auto program = Start({"cut", "n1", "n2", "--hold"});
  ASSERT_TRUE(program->AwaitOut("in force"));
  controller_->Publish(HalvesHealed());
  EXPECT_EQ(program->Wait(), 1);
  EXPECT_THAT(program->Err(), HasSubstr("before its time was over"));
}

}  // namespace
}  // namespace sunder::cli
