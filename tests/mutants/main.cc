// sunder-agent-mutant: the agent, with a kernel that lies as $SUNDER_LIE says.

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/service/agent.h"
#include "agent/service/options.h"
#include "common/log.h"
#include "tests/mutants/lying_kernel.h"

int main(int argc, char** argv) {
  using sunder::agent::Options;
  const auto parsed = sunder::agent::ParseOptions(
      std::vector<std::string>(argv + 1, argv + argc));
  const auto* options = std::get_if<Options>(&parsed);
  const char* lie = std::getenv("SUNDER_LIE");
  if (options == nullptr || lie == nullptr) return 2;
  absl::Status status = sunder::InitLog("mutant", options->log_level);
  if (status.ok()) {
    status = sunder::agent::RunAgent(
        *options,
        [lie](std::unique_ptr<sunder::agent::NetlinkTransport> transport) {
          return sunder::agent::MakeLyingKernel(lie, std::move(transport));
        });
  }
  std::cerr << status << "\n";
  return status.ok() ? 0 : 1;
}
