// The program `sunder` as a person or a suite runs it, against a fake
// controller on a unix socket. Starting faults:
// program_inject_test.cc; kills: program_kill_test.cc; errors:
// program_usage_test.cc.

#include <sstream>
#include <string>
#include <vector>

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
using ::testing::Not;

// ------------------------------------------------------------ what is there

TEST_F(ProgramTest, ShowsWhatIsThere) {
  EXPECT_THAT(Run({"hosts"}).out, HasSubstr("n2    unreachable"));
  EXPECT_THAT(Run({"apps"}).out, HasSubstr("/redis  2        3"));
  EXPECT_THAT(Run({"tasks"}).out, HasSubstr("redis.1"));
  EXPECT_THAT(Run({"topology"}).out, HasSubstr("  rack r1\n    n1"));
  EXPECT_THAT(Run({"topology"}).out, HasSubstr("warning: two agents"));
  EXPECT_FALSE(controller_->refreshed());
  EXPECT_EQ(Run({"tasks", "--refresh"}).code, 0);
  EXPECT_TRUE(controller_->refreshed());
}

TEST_F(ProgramTest, JsonOfWhatIsThereIsTheProtosOwn) {
  EXPECT_EQ(RunJson({"hosts"})["agents"][0]["reachable"], true);
  EXPECT_EQ(RunJson({"hosts"})["hosts"][0]["labels"]["rack"], "r1");
  EXPECT_EQ(RunJson({"apps"})["apps"][0]["network"], "NETWORK_MODE_HOST");
  EXPECT_EQ(RunJson({"tasks"})["tasks"][0]["endpoints"][0]["port"], 6379);
  EXPECT_EQ(RunJson({"topology"})["warnings"][0], "two agents claim n1");
  EXPECT_THAT(Run({"-o", "yaml", "apps"}).out, HasSubstr("- id: /redis\n"));
}

// --------------------------------------------------------- showing and healing

TEST_F(ProgramTest, ListsAndShowsFaults) {
  EXPECT_EQ(Run({"faults"}).out, "No faults.\n");
  controller_->Publish(HalvesHealed());
  EXPECT_EQ(Run({"faults"}).out, "No faults.\n");
  EXPECT_THAT(Run({"faults", "--ended"}).out, HasSubstr("3f2a9c0d1122"));
  EXPECT_EQ(RunJson({"faults", "--ended"})["faults"][0]["id"], kId);
  EXPECT_THAT(Run({"show", "3f2a"}).out, HasSubstr("whole everywhere"));
  EXPECT_EQ(RunJson({"show", "3f2a"})["hosts"][0]["droppedPackets"], "7");
}

TEST_F(ProgramTest, AFaultThatIsNotThereExitsThree) {
  for (const char* command : {"show", "watch"}) {
    const Result result = Run({command, "77"});
    EXPECT_EQ(result.code, 3);
    EXPECT_EQ(result.err,
              "sunder: no fault 77\n  next: `sunder faults --ended` lists "
              "all.\n");
  }
}

TEST_F(ProgramTest, WatchPrintsALineAChangeUntilItIsOver) {
  controller_->Publish(HalvesStaged());
  const auto program = Start({"watch", "3f2a"});
  ASSERT_TRUE(program->AwaitOut("staged"));
  controller_->BreakWatches();  // What is told again is not printed again.
  controller_->Publish(HalvesInForce());
  controller_->Publish(HalvesHealed());
  EXPECT_EQ(program->Wait(), 0) << program->Err();
  EXPECT_THAT(program->Out(), HasSubstr("in force: n1 in force (7 dropped)"));
  EXPECT_THAT(program->Out(), HasSubstr("healed"));
}

TEST_F(ProgramTest, WatchInJsonIsAnObjectAChange) {
  v1::Fault failed =
      WithState(HalvesStaged(), v1::FAULT_STATE_FAILED, v1::HOST_STATE_HEALED);
  failed.set_reason("n2 refused");
  controller_->Publish(HalvesStaged());
  controller_->Publish(failed);
  const Result result = Run({"watch", "3f2a", "-o", "json"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("n2 refused"));
  std::istringstream lines(result.out);
  std::vector<std::string> states;
  for (std::string line; std::getline(lines, line);) {
    states.push_back(json::parse(line)["state"]);
  }
  EXPECT_THAT(states, ElementsAre("FAULT_STATE_STAGED", "FAULT_STATE_FAILED"));
}

TEST_F(ProgramTest, HealWaitsUntilNothingIsLeft) {
  controller_->Publish(HalvesInForce());
  v1::Fault healing = HalvesInForce();
  healing.set_state(v1::FAULT_STATE_HEALING);
  controller_->OnHeal(healing);
  const auto program = Start({"heal", kId});
  ASSERT_TRUE(controller_->AwaitCalls("WatchFault", 1, kPatience));
  controller_->Publish(HalvesHealed());
  EXPECT_EQ(program->Wait(), 0) << program->Err();
  EXPECT_THAT(program->Out(), HasSubstr("whole since 00:00:41.000"));
}

TEST_F(ProgramTest, HealThatDoesNotGetRoundExitsEight) {
  controller_->Publish(HalvesInForce());
  v1::Fault healing = HalvesInForce();
  healing.set_state(v1::FAULT_STATE_HEALING);
  healing.mutable_hosts(0)->set_state(v1::HOST_STATE_HEALED);
  healing.mutable_hosts(1)->set_state(v1::HOST_STATE_HEALED);
  controller_->OnHeal(healing);
  const Result result = Run({"heal", "3f2a", "--wait-timeout", "300ms"});
  EXPECT_EQ(result.code, 8);
  EXPECT_THAT(result.err, HasSubstr("on n3 until 00:00:15.000"));
}

TEST_F(ProgramTest, HealWhoseAnswerIsLostExitsEight) {
  controller_->Publish(HalvesInForce());
  for (const absl::Status& lost :
       {absl::UnavailableError("reset"), absl::DeadlineExceededError("late")}) {
    controller_->FailWith("HealFaults", lost);
    for (const std::vector<std::string>& which :
         std::vector<std::vector<std::string>>{{"3f2a"},
                                               {"cart"},
                                               {"--all", "--owner", "me@here"},
                                               {"--everyones"}}) {
      std::vector<std::string> arguments = {"heal"};
      arguments.insert(arguments.end(), which.begin(), which.end());
      const Result result = Run(arguments);
      EXPECT_EQ(result.code, 8) << result.err;
      EXPECT_THAT(result.err, HasSubstr("may still be in force: fault"));
      EXPECT_THAT(result.err, HasSubstr("on n1 until 00:01:1"));
      EXPECT_THAT(result.err, HasSubstr("sunder-agent --heal-all"));
    }
    EXPECT_EQ(Run({"heal", "--all", "--dry-run"}).code, 4);
  }
  // Whatever else is in force is not what was to be healed.
  const Result other = Run({"heal", "--all", "--owner", "nobody"});
  EXPECT_EQ(other.code, 8);
  EXPECT_THAT(other.err, Not(HasSubstr("cart")));
}

TEST_F(ProgramTest, HealThatTheControllerRefusesExitsAsItSays) {
  controller_->FailWith(
      "HealFaults", ErrorWithDetail(absl::StatusCode::kNotFound, "no fault x",
                                    "NOT_FOUND", "x"));
  EXPECT_EQ(Run({"heal", "x"}).code, 3);
}

TEST_F(ProgramTest, HealTellsWhatIsHealedAndWhatIsNotThere) {
  controller_->OnHeal(HalvesHealed());
  controller_->NotHealed(ErrorWithDetail(absl::StatusCode::kNotFound,
                                         "no fault x", "NOT_FOUND", "x"));
  controller_->NotHealed(ErrorWithDetail(absl::StatusCode::kInvalidArgument,
                                         "a may be any of ab, ac", "AMBIGUOUS",
                                         "a", "Give more digits of the id."));
  for (const bool dry_run : {true, false}) {
    controller_->Publish(HalvesInForce());
    std::vector<std::string> arguments = {"heal", "x", "3f2a", "a"};
    if (dry_run) arguments.emplace_back("--dry-run");
    const Result result = Run(arguments);
    EXPECT_EQ(result.code, 3);
    EXPECT_THAT(result.out,
                HasSubstr(dry_run ? "(cart) is in force" : "(cart) is healed"));
    EXPECT_THAT(result.err, HasSubstr("sunder: no fault x\n  next: "));
    EXPECT_THAT(result.err, HasSubstr("sunder: a may be any of ab, ac\n"));
  }
  const json told = json::parse(Run({"heal", "x", "3f2a", "-o", "json"}).out);
  EXPECT_EQ(told["notHealed"][0]["details"][0]["subject"], "x");
}

TEST_F(ProgramTest, WhatMayBeInForceCountsMoreThanWhatIsNotThere) {
  controller_->Publish(HalvesInForce());
  controller_->OnHeal(WithState(HalvesInForce(), v1::FAULT_STATE_HEALING,
                                v1::HOST_STATE_UNKNOWN));
  controller_->NotHealed(ErrorWithDetail(absl::StatusCode::kNotFound,
                                         "no fault x", "NOT_FOUND", "x"));
  const Result result = Run({"heal", "x", "3f2a", "--wait-timeout", "300ms"});
  EXPECT_EQ(result.code, 8);
  EXPECT_THAT(result.err, HasSubstr("no fault x"));
  EXPECT_THAT(result.err, HasSubstr("on n1 until"));
}

TEST_F(ProgramTest, HealTakesMineOrEveryones) {
  EXPECT_EQ(Run({"heal", "--all", "--owner", "suite"}).out,
            "Nothing to heal.\n");
  EXPECT_EQ(controller_->healed().all_of_owner(), "suite");
  EXPECT_FALSE(controller_->healed().everyones());
  controller_->Publish(HalvesInForce());
  EXPECT_THAT(Run({"heal", "--everyones", "--dry-run"}).out,
              HasSubstr("(cart) is in force"));
  EXPECT_TRUE(controller_->healed().validate_only());
  EXPECT_EQ(RunJson({"heal", "--everyones"})["faults"][0]["state"],
            "FAULT_STATE_HEALED");
  EXPECT_TRUE(controller_->healed().everyones());
  EXPECT_THAT(controller_->healed().all_of_owner(), IsEmpty());
}

// ----------------------------------------------------------------- a terminal

TEST_F(ProgramTest, ColoursAreForTerminalsThatWantThem) {
  EXPECT_THAT(Run({"hosts"}).out, Not(HasSubstr("\033")));
  const auto coloured = Start({"hosts"}, Program::Where::kTerminal);
  EXPECT_EQ(coloured->Wait(), 0);
  EXPECT_THAT(coloured->Out(), HasSubstr("\033[31m"));
  const auto plain =
      Start({"hosts"}, Program::Where::kTerminal, {"NO_COLOR=1"});
  EXPECT_EQ(plain->Wait(), 0);
  EXPECT_THAT(plain->Out(), HasSubstr("n1"));
  EXPECT_THAT(plain->Out(), Not(HasSubstr("\033")));
}

TEST_F(ProgramTest, WhoWaitsLongIsToldWhatFor) {
  controller_->OnCreate({HalvesStaged()});
  const auto program = Start({"cut", "n1", "n2"}, Program::Where::kTerminal);
  ASSERT_TRUE(
      program->AwaitOut("fault 3f2a9c0d1122 staged: n1, n2, n3 staged"));
  controller_->Publish(HalvesInForce());
  EXPECT_EQ(program->Wait(), 0);
}

TEST_F(ProgramTest, WatchRedrawsATerminal) {
  controller_->Publish(HalvesStaged());
  const auto program =
      Start({"watch", "3f2a"}, Program::Where::kTerminal, {"NO_COLOR=1"});
  ASSERT_TRUE(program->AwaitOut("\033[H\033[2J"));
  controller_->Publish(HalvesHealed());
  EXPECT_EQ(program->Wait(), 0);
  EXPECT_THAT(program->Out(), HasSubstr("whole everywhere"));
}

}  // namespace
}  // namespace sunder::cli
