// The program `sunder` as a person or a suite runs it, against a fake
// controller on a unix socket. Starting faults: program_inject_test.cc.

#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
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

// ---------------------------------------------------------------------- kills

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

// ------------------------------------------------------------------- examples

// The examples in the help of `command`, each split into words as a shell does;
// what follows a pipe is not ours.
std::vector<std::vector<std::string>> ExamplesIn(const std::string& help) {
  std::vector<std::vector<std::string>> examples;
  std::istringstream lines(help);
  bool begun = false;
  for (std::string line; std::getline(lines, line);) {
    begun = begun || line.rfind("Example", 0) == 0;
    if (!begun || line.rfind("  sunder ", 0) != 0) continue;
    std::vector<std::string> words(1);
    bool quoted = false;
    for (const char c : line.substr(sizeof("  sunder ") - 1)) {
      if (c == '\'') {
        quoted = !quoted;
      } else if (c == '|' && !quoted) {
        break;
      } else if (c != ' ' || quoted) {
        words.back() += c;
      } else if (!words.back().empty()) {
        words.emplace_back();
      }
    }
    if (words.back().empty()) words.pop_back();
    examples.push_back(words);
  }
  return examples;
}

TEST_F(ProgramTest, EachExampleOfTheHelpIsUnderstood) {
  controller_->Publish(HalvesHealed());
  const std::set<std::string> changing = {"partition", "cut", "kill", "heal"};
  for (const char* command :
       {"", "hosts", "apps", "tasks", "topology", "partition", "cut", "kill",
        "faults", "show", "watch", "heal"}) {
    std::vector<std::string> ask = {"--help"};
    if (*command != '\0') ask.insert(ask.begin(), command);
    const auto examples = ExamplesIn(Run(ask).out);
    EXPECT_FALSE(examples.empty()) << command;
    for (std::vector<std::string> words : examples) {
      const std::string example = absl::StrJoin(words, " ");
      if (changing.contains(words[0]) &&
          example.find("--dry-run") == std::string::npos) {
        words.emplace_back("--dry-run");
      }
      const Result result = Run(words);
      EXPECT_EQ(result.code, 0) << example << "\n" << result.err;
      // A host is no member among tasks.
      if (example.find("--one host:") != std::string::npos) {
        EXPECT_THAT(example, Not(HasSubstr("partition /")));
      }
    }
  }
}

TEST_F(ProgramTest, TheHelpNamesNoSelectorThatIsRefused) {
  EXPECT_THAT(Run({"--help"}).out, Not(HasSubstr("dns:")));
}

// --------------------------------------------------------------------- errors

TEST_F(ProgramTest, WrongUsageExitsTwoAndAsksNobody) {
  const std::vector<std::string> mistakes[] = {
      {},
      {"partitoin"},
      {"hosts", "-o", "xml"},
      {"cut", "n1"},
      {"cut", "n1", "n2", "--for", "30"},
      {"cut", "n1", "n2", "--port", "http"},
      {"cut", "n1", "n2", "--protocol", "quic"},
      {"cut", "n1", "n2", "--seed", "0"},
      {"cut", "n1", "n2", "--on-partial", "hope"},
      {"cut", "n1", "n2", "--on-timeout", "hope"},
      {"cut", "n1", "n2", "--wait-timeout", "0s"},
      {"partition", "/redis"},
      {"partition", "/redis", "--shape", "thirds"},
      {"partition", "--groups", "n1||n2"},
      {"kill", "/redis", "--count", "1", "--all"},
      {"kill", "/redis", "--percent", "101"},
      {"kill", "/redis", "--scale", "--wipe"},
      {"heal"},
      {"heal", "3f2a", "--all"},
      {"show"},
      {"watch"},
  };
  for (const std::vector<std::string>& arguments : mistakes) {
    const Result result = Run(arguments);
    EXPECT_EQ(result.code, 2) << result.err;
    EXPECT_THAT(result.err, HasSubstr("\n  next: "));
    EXPECT_THAT(result.out, IsEmpty());
  }
  for (const char* method : {"CreateFault", "HealFaults", "KillTasks"}) {
    EXPECT_EQ(controller_->calls(method), 0);
  }
}

TEST_F(ProgramTest, NoControllerExitsFourWhateverIsAsked) {
  const std::vector<std::string> commands[] = {{"hosts"},
                                               {"apps"},
                                               {"tasks"},
                                               {"topology"},
                                               {"faults"},
                                               {"show", "3f2a"},
                                               {"watch", "3f2a"},
                                               {"heal", "--all"},
                                               {"kill", "/a", "--all"},
                                               {"cut", "a", "b"},
                                               {"cut", "a", "b", "--dry-run"}};
  controller_.reset();
  for (const std::vector<std::string>& arguments : commands) {
    const Result result = Run(arguments);
    EXPECT_EQ(result.code, 4) << arguments[0] << result.err;
    EXPECT_THAT(result.err, HasSubstr("no controller answers at unix:"));
    EXPECT_THAT(result.err, HasSubstr("SUNDER_CONTROLLER"));
    EXPECT_THAT(result.out, IsEmpty());
  }
}

TEST_F(ProgramTest, AControllerThatDoesNotAnswerAReadInTimeIsNotReached) {
  for (const char* method :
       {"GetTopology", "ListFaults", "GetFault", "ListAgents"}) {
    controller_->FailWith(method, absl::DeadlineExceededError("no answer"));
  }
  const std::vector<std::string> commands[] = {
      {"hosts"},  {"apps"},         {"tasks"},         {"topology"},
      {"faults"}, {"show", "3f2a"}, {"watch", "3f2a"}, {"cut", "a", "b"}};
  for (const std::vector<std::string>& arguments : commands) {
    const Result result = Run(arguments);
    EXPECT_EQ(result.code, 4) << arguments[0] << result.err;
    EXPECT_THAT(result.err, HasSubstr("SUNDER_CONTROLLER"));
  }
  EXPECT_EQ(controller_->calls("CreateFault"), 0);
}

// The controller itself gives its sources up after 20 s.
TEST_F(ProgramTest, ARefreshIsAwaitedLongerThanTheControllerTriesIt) {
  EXPECT_EQ(Run({"hosts", "--refresh"}).code, 0);
  EXPECT_TRUE(controller_->refreshed());
  EXPECT_GT(controller_->patience(), absl::Seconds(21));
  EXPECT_EQ(Run({"hosts"}).code, 0);
  EXPECT_LT(controller_->patience(), absl::Seconds(11));
}

TEST_F(ProgramTest, ARefreshWhoseSourcesAreLateTimesOutAndSaysWhich) {
  controller_->FailWith(
      "GetTopology",
      ErrorWithDetail(absl::StatusCode::kDeadlineExceeded,
                      "the sources did not answer: marathon http://m1",
                      "SOURCES_LATE", "marathon http://m1", "Ask without."));
  for (const char* command : {"hosts", "apps", "tasks", "topology"}) {
    const Result result = Run({command, "--refresh"});
    EXPECT_EQ(result.code, 5);
    EXPECT_EQ(result.err,
              "sunder: the sources did not answer: marathon http://m1\n"
              "  next: Ask without.\n");
  }
}

TEST_F(ProgramTest, ANetworkTargetWantsTls) {
  Program program(SUNDER_PROGRAM, {"hosts"}, directory_, Program::Where::kFiles,
                  {"SUNDER_CONTROLLER=localhost:1"});
  EXPECT_EQ(program.Wait(), 1);
  EXPECT_THAT(program.Err(), HasSubstr("--tls-certificate"));
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
