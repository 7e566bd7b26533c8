#include "agent/service/options.h"

#include <string>
#include <variant>
#include <vector>

#include "agent/service/durable_file.h"
#include "agent/service/temp_dir.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

class OptionsTest : public testing::Test {
 protected:
  std::string Config(const std::string& content) {
    EXPECT_TRUE(WriteDurably(dir / "agent.yaml", content).ok());
    return dir / "agent.yaml";
  }
  Options Parsed(const std::vector<std::string>& arguments) {
    const auto parsed = ParseOptions(arguments);
    const auto* options = std::get_if<Options>(&parsed);
    EXPECT_NE(options, nullptr);
    return options == nullptr ? Options() : *options;
  }
  int ExitCode(const std::vector<std::string>& arguments) {
    const auto parsed = ParseOptions(arguments);
    const auto* exit = std::get_if<Exit>(&parsed);
    return exit == nullptr ? -1 : exit->code;
  }
  TempDir dir;
};

TEST_F(OptionsTest, TheCommandLineGoesBeforeTheConfiguration) {
  const std::string config =
      Config("name: from-file\nlisten: unix:/file.sock\n");
  const Options options = Parsed({"--config", config, "--name", "from-line"});
  EXPECT_EQ(options.name, "from-line");
  EXPECT_EQ(options.listen, "unix:/file.sock");
  EXPECT_EQ(options.state_dir, "/var/lib/sunder/agent");
}

TEST_F(OptionsTest, CommandsAreFlags) {
  EXPECT_EQ(Parsed({}).command, Command::kServe);
  EXPECT_EQ(Parsed({"--heal-all"}).command, Command::kHealAll);
  EXPECT_EQ(Parsed({"--release-latch"}).command, Command::kReleaseLatch);
  EXPECT_EQ(ExitCode({"--heal-all", "--release-latch"}), 2);
}

TEST_F(OptionsTest, UsageErrorsExitWithTwoAndHelpWithZero) {
  EXPECT_EQ(ExitCode({"--bogus"}), 2);
  EXPECT_EQ(ExitCode({"argument"}), 2);
  EXPECT_EQ(ExitCode({"--config", dir / "missing"}), 2);
  EXPECT_EQ(ExitCode({"--config", Config("nane: n1\n")}), 2);
  EXPECT_EQ(ExitCode({"--help"}), 0);
  EXPECT_EQ(ExitCode({"--version"}), 0);
}

TEST_F(OptionsTest, AnErrorInTheConfigurationNamesItsPlace) {
  const auto error = [&](const std::string& content) {
    return std::string(ReadConfig(Config(content)).status().message());
  };
  EXPECT_THAT(error("name: n1\nnane: n2\n"),
              testing::HasSubstr("agent.yaml:2: unknown key \"nane\""));
  EXPECT_THAT(error("name: [a, b]\n"), testing::HasSubstr("must be one value"));
  EXPECT_THAT(error("- a\n"), testing::HasSubstr("expected `key: value`"));
  EXPECT_THAT(error("name: [n1\n"), testing::HasSubstr("agent.yaml:"));
  EXPECT_EQ(error(""), "");
}

}  // namespace
}  // namespace sunder::agent
