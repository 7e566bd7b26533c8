#include <memory>

#include "cli/commands/commands.h"
#include "cli/render/fault_text.h"

namespace sunder::cli {
namespace {

ExitCode ListFaults(const Environment& environment, bool ended) {
  absl::StatusOr<std::unique_ptr<Client>> client = environment.connect();
  if (!client.ok()) return Fail(environment, client.status());
  controller::v1::ListFaultsRequest request;
  request.set_include_ended(ended);
  const absl::StatusOr<controller::v1::ListFaultsResponse> response =
      (*client)->ListFaults(request, kReadTimeout);
  if (!response.ok()) return FailRead(environment, response.status());
  Print(environment, {{&*response, {}}},
        [&] { return FaultsText(*response, environment.out_style); });
  return ExitCode::kDone;
}

}  // namespace

void AddFaults(CLI::App& app, Action& chosen) {
  CLI::App* command =
      app.add_subcommand("faults", "List the faults, everybody's");
  auto ended = std::make_shared<bool>(false);
  command->add_flag("--ended", *ended, "Those too that are over");
  command->footer(
      "Examples:\n"
      "  sunder faults\n"
      "  sunder faults --ended -o json | jq -r '.faults[].state'");
  command->callback([&chosen, ended] {
    chosen = [ended](const Environment& environment) {
      return ListFaults(environment, *ended);
    };
  });
}

}  // namespace sunder::cli
