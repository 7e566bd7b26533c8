// A fake controller and the program `sunder` pointed at it: what the tests of
// the program begin with. SUNDER_PROGRAM is the program's path.

#ifndef SUNDER_CLI_TESTING_PROGRAM_FIXTURE_H_
#define SUNDER_CLI_TESTING_PROGRAM_FIXTURE_H_

#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/testing/fake_controller.h"
#include "cli/testing/faults.h"
#include "cli/testing/program.h"
#include "cli/testing/topologies.h"
#include "gtest/gtest.h"

namespace sunder::cli {

inline constexpr absl::Duration kPatience = absl::Seconds(20);
inline constexpr char kId[] = "3f2a9c0d11223344556677889900aabb";

class ProgramTest : public testing::Test {
 protected:
  ProgramTest() {
    char directory[] = "/tmp/sunder-cli-XXXXXX";
    directory_ = mkdtemp(directory);
    controller_ = std::make_unique<FakeController>(directory_ + "/c.sock");
    controller_->SetTopology(ShopTopology());
    controller_->SetAgents(ShopAgents());
    controller_->OnCreate({HalvesStaged(), HalvesInForce()});
    controller_->OnHeal(HalvesHealed());
  }
  ~ProgramTest() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<Program> Start(
      std::vector<std::string> arguments,
      Program::Where where = Program::Where::kFiles,
      const std::vector<std::string>& environment = {}) {
    arguments.insert(arguments.begin(),
                     {"--controller", "unix:" + directory_ + "/c.sock"});
    return std::make_unique<Program>(SUNDER_PROGRAM, arguments, directory_,
                                     where, environment);
  }

  struct Result {
    int code;
    std::string out, err;
  };
  Result Run(const std::vector<std::string>& arguments) {
    const std::unique_ptr<Program> program = Start(arguments);
    const int code = program->Wait();
    return {code, program->Out(), program->Err()};
  }
  // The command with -o json; everything on stdout has to be one document.
  nlohmann::json RunJson(std::vector<std::string> arguments, int code = 0) {
    arguments.insert(arguments.end(), {"-o", "json"});
    const Result result = Run(arguments);
    EXPECT_EQ(result.code, code) << result.err;
    nlohmann::json document = nlohmann::json::parse(result.out, nullptr, false);
    EXPECT_FALSE(document.is_discarded()) << result.out;
    return document;
  }

  std::string directory_;
  std::unique_ptr<FakeController> controller_;
};

}  // namespace sunder::cli

#endif  // SUNDER_CLI_TESTING_PROGRAM_FIXTURE_H_
