// The manual pages say what the programs' --help says: each command and each
// long option of the one is in the other.

#include <stdio.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::cli {
namespace {

std::string Output(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  EXPECT_NE(pipe, nullptr);
  std::string output;
  char buffer[4096];
  while (size_t n = fread(buffer, 1, sizeof(buffer), pipe)) {
    output.append(buffer, n);
  }
  EXPECT_EQ(pclose(pipe), 0) << command;
  return output;
}

std::string Manual(const std::string& name) {
  std::ifstream in(std::string(SUNDER_MANUALS) + "/" + name);
  std::ostringstream content;
  content << in.rdbuf();
  EXPECT_FALSE(content.str().empty()) << name;
  // The source escapes each dash.
  return std::regex_replace(content.str(), std::regex("\\\\-"), "-");
}

std::set<std::string> LongOptions(const std::string& text) {
  const std::regex option("--[a-z][a-z-]+");
  return {std::sregex_token_iterator(text.begin(), text.end(), option),
          std::sregex_token_iterator()};
}

constexpr const char* kCommands[] = {"hosts", "apps",      "tasks", "topology",
                                     "cut",   "partition", "kill",  "faults",
                                     "show",  "watch",     "heal"};

TEST(Manual, KnowsTheOptionsOfSunderAndNoOthers) {
  const std::string program = SUNDER_PROGRAM;
  std::string help = Output(program + " --help");
  for (const char* command : kCommands) {
    help += Output(program + " " + command + " --help");
  }
  std::set<std::string> wanted = LongOptions(help);
  std::set<std::string> found = LongOptions(Manual("sunder.1"));
  // The agent's, which both name as the last resort.
  wanted.erase("--heal-all");
  found.erase("--heal-all");
  EXPECT_EQ(found, wanted);
}

TEST(Manual, NamesTheSelectorsThatTheHelpNames) {
  const auto selectors = [](const std::string& text) {
    const std::regex prefix("[a-z]+:(?=[a-z0-9/.]+[^:/])");
    return std::set<std::string>{
        std::sregex_token_iterator(text.begin(), text.end(), prefix),
        std::sregex_token_iterator()};
  };
  const std::string help = Output(SUNDER_PROGRAM " --help");
  const std::string manual = Manual("sunder.1");
  const size_t begin = manual.find(".SH SELECTORS");
  const size_t end = manual.find(".SH", begin + 1);
  for (const std::string& selector :
       selectors(manual.substr(begin, end - begin))) {
    EXPECT_THAT(help, testing::HasSubstr(selector));
  }
}

TEST(Manual, KnowsEachCommand) {
  const std::string manual = Manual("sunder.1");
  for (const char* command : kCommands) {
    EXPECT_THAT(manual, testing::HasSubstr(std::string("\n.SS ") + command));
  }
}

TEST(Manual, EachCommandHelpsWithAnExample) {
  for (const char* command : kCommands) {
    EXPECT_THAT(Output(std::string(SUNDER_PROGRAM) + " " + command + " --help"),
                testing::HasSubstr(std::string("sunder ") + command));
  }
}

#ifdef SUNDER_AGENT_PROGRAM
TEST(Manual, KnowsTheOptionsOfTheAgent) {
  EXPECT_THAT(LongOptions(Manual("sunder-agent.8")),
              testing::IsSupersetOf(
                  LongOptions(Output(SUNDER_AGENT_PROGRAM " --help"))));
}
#endif

#ifdef SUNDER_CONTROLLER_PROGRAM
TEST(Manual, KnowsTheOptionsOfTheController) {
  EXPECT_THAT(LongOptions(Manual("sunder-controller.8")),
              testing::IsSupersetOf(
                  LongOptions(Output(SUNDER_CONTROLLER_PROGRAM " --help"))));
}
#endif

}  // namespace
}  // namespace sunder::cli
