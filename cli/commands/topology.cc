#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/commands/commands.h"
#include "cli/commands/view.h"
#include "cli/render/topology_text.h"
#include "cli/render/topology_tree.h"

namespace sunder::cli {
namespace {

ExitCode ShowTopology(const Environment& environment, bool refresh) {
  const absl::StatusOr<View> view =
      ReadView(environment, refresh, /*with_agents=*/true);
  if (!view.ok()) return FailRead(environment, view.status());
  Print(environment,
        {{&view->topology, {}}, {&view->agents, {"agents", "term"}}}, [&] {
          return absl::StrCat(
              TopologyTree(view->topology, view->agents, environment.out_style),
              TroublesText(view->topology, environment.out_style));
        });
  return ExitCode::kDone;
}

}  // namespace

void AddTopology(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "topology", "Regions, zones, racks, hosts and what runs there");
  auto refresh = std::make_shared<bool>(false);
  command->add_flag("--refresh", *refresh,
                    "Let the controller read its sources again first");
  command->footer("Example:\n  sunder topology");
  command->callback([&chosen, refresh] {
    chosen = [refresh](const Environment& environment) {
      return ShowTopology(environment, *refresh);
    };
  });
}

}  // namespace sunder::cli
