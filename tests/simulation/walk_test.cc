// Random walks: faults come and go while agents, hosts, controllers, clocks,
// disks, operators and the network misbehave.

#include "tests/simulation/walk.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "absl/strings/numbers.h"
#include "gtest/gtest.h"
#include "tests/simulation/script.h"

namespace sunder::simulation {
namespace {

int64_t Setting(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  int64_t value = otherwise;
  if (text != nullptr && !absl::SimpleAtoi(text, &value)) return otherwise;
  return value;
}

// SUNDER_WALK_SEED chooses the first seed, SUNDER_WALK_STEPS how many steps
// there are at least over all walks.
TEST(Walk, HoldsTheInvariantsAtEachStepAndComesToRest) {
  const auto first = static_cast<uint32_t>(Setting("SUNDER_WALK_SEED", 1));
  const auto enough =
      static_cast<uint64_t>(Setting("SUNDER_WALK_STEPS", 100'000));
  uint64_t steps = 0;
  int walks = 0, dropped = 0, followed = 0;
  while (steps < enough) {
    const Script script = DrawScript(first + walks);
    const Outcome outcome = Play(script);
    ++walks;
    steps += outcome.steps;
    dropped += outcome.dropped;
    followed += outcome.followed;
    ASSERT_EQ(outcome.violation, "")
        << "SUNDER_WALK_SEED=" << script.seed << "\n"
        << Explain(script);
  }
  // Of few that are tried again little can be said.
  if (walks >= 50) {
    EXPECT_GT(dropped, walks);
  }
  if (walks >= 500) {
    EXPECT_GT(followed, 0);
  }
  std::cout << "walks: " << walks << " of " << steps << " steps from seed "
            << first << ": " << dropped << " faults dropped packets, "
            << followed << " followed their members\n";
}

TEST(Walk, IsTheSameForTheSameSeed) {
  for (uint32_t seed = 1; seed <= 5; ++seed) {
    std::string once, again;
    Play(DrawScript(seed), [&](const std::string& line) { once += line; });
    Play(DrawScript(seed), [&](const std::string& line) { again += line; });
    EXPECT_EQ(once, again);
    EXPECT_GT(once.size(), 1000u);
  }
}

TEST(Walk, IsReadBackFromItsText) {
  const Script script = DrawScript(7);
  const auto read = ParseScript(ToText(script));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(ToText(*read), ToText(script));
  EXPECT_FALSE(ParseScript("100 create 1").ok());
}

// Scripts that failed once: what was wrong then stays mended.
TEST(Walk, HoldsInEveryScriptThatFailedOnce) {
  int scripts = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(SUNDER_FOUND_SCRIPTS)) {
    std::ifstream in(file.path());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto script = ParseScript(text);
    ASSERT_TRUE(script.ok()) << file.path() << ": " << script.status();
    EXPECT_EQ(Play(*script).violation, "") << file.path();
    ++scripts;
  }
  std::cout << scripts << " scripts that failed once\n";
}

}  // namespace
}  // namespace sunder::simulation
