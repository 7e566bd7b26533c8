// sunder-agent: see --help.

#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/kernel/nft_kernel.h"
#include "agent/service/agent.h"
#include "agent/service/heal_all.h"
#include "agent/service/options.h"
#include "common/clock.h"
#include "common/log.h"

namespace sunder::agent {
namespace {

absl::Status Run(const Options& options) {
  switch (options.command) {
    case Command::kHealAll:
      return HealAll(options.state_dir, std::cout);
    case Command::kReleaseLatch:
      return ReleaseLatch(options.state_dir, std::cout);
    case Command::kServe:
      return RunAgent(options, [](std::unique_ptr<NetlinkTransport> transport) {
        return std::make_unique<NftKernel>(std::move(transport), BootNow);
      });
  }
  return absl::OkStatus();
}

int Main(const std::vector<std::string>& arguments) {
  const auto parsed = ParseOptions(arguments);
  if (const auto* exit = std::get_if<Exit>(&parsed)) return exit->code;
  const Options& options = std::get<Options>(parsed);
  if (absl::Status s = InitLog("sunder-agent", options.log_level); !s.ok()) {
    std::cerr << "sunder-agent: " << std::string(s.message()) << "\n";
    return 2;
  }
  const absl::Status status = Run(options);
  if (status.ok()) return 0;
  std::cerr << "sunder-agent: " << std::string(status.message()) << "\n";
  return 1;
}

}  // namespace
}  // namespace sunder::agent

int main(int argc, char** argv) {
  return sunder::agent::Main(std::vector<std::string>(argv + 1, argv + argc));
}
