// How `sunder` may be called, and what it says and exits with where it cannot
// do what it is asked.

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

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

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
}  // namespace
}  // namespace sunder::cli
