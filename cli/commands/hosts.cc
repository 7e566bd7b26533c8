#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/commands/commands.h"
#include "cli/commands/view.h"
#include "cli/render/topology_text.h"

namespace sunder::cli {
namespace {

ExitCode ListHosts(const Environment& environment, bool refresh) {
  const absl::StatusOr<View> view =
      ReadView(environment, refresh, /*with_agents=*/true);
  if (!view.ok()) return FailRead(environment, view.status());
  Print(environment,
        {{&view->topology, {"hosts", "sources", "warnings"}},
         {&view->agents, {"agents", "term"}}},
        [&] {
          return absl::StrCat(
              HostsText(view->topology, view->agents, environment.out_style),
              TroublesText(view->topology, environment.out_style));
        });
  return ExitCode::kDone;
}

}  // namespace

void AddHosts(CLI::App& app, Action& chosen) {
  CLI::App* command =
      app.add_subcommand("hosts", "Hosts, their agents and labels");
  auto refresh = std::make_shared<bool>(false);
  command->add_flag("--refresh", *refresh,
                    "Let the controller read its sources again first");
  command->footer(
      "Examples:\n  sunder hosts\n  sunder hosts -o json | jq -r "
      "'.hosts[].name'");
  command->callback([&chosen, refresh] {
    chosen = [refresh](const Environment& environment) {
      return ListHosts(environment, *refresh);
    };
  });
}

}  // namespace sunder::cli
