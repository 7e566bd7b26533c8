#include <memory>
#include <string>

#include "cli/commands/commands.h"
#include "cli/render/fault_text.h"

namespace sunder::cli {
namespace {

ExitCode ShowFault(const Environment& environment, const std::string& id) {
  absl::StatusOr<std::unique_ptr<Client>> client = environment.connect();
  if (!client.ok()) return Fail(environment, client.status());
  controller::v1::GetFaultRequest request;
  request.set_id(id);
  const absl::StatusOr<controller::v1::GetFaultResponse> response =
      (*client)->GetFault(request, kReadTimeout);
  if (!response.ok()) return FailRead(environment, response.status());
  Print(environment, {{&response->fault(), {}}},
        [&] { return ShowText(response->fault(), environment.out_style); });
  return ExitCode::kDone;
}

}  // namespace

void AddShow(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "show", "One fault: state per host, dropped packets, timeline");
  auto id = std::make_shared<std::string>();
  command->add_option("fault", *id, "Its id, the beginning of it, or its name")
      ->required();
  command->footer(
      "Examples:\n"
      "  sunder show 3f2a\n"
      "  sunder show 3f2a -o json | jq '.hosts[] | {host, droppedPackets}'");
  command->callback([&chosen, id] {
    chosen = [id](const Environment& environment) {
      return ShowFault(environment, *id);
    };
  });
}

}  // namespace sunder::cli
