#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/commands/commands.h"
#include "cli/commands/view.h"
#include "cli/render/topology_text.h"

namespace sunder::cli {
namespace {

ExitCode ListTasks(const Environment& environment, bool refresh) {
  const absl::StatusOr<View> view =
      ReadView(environment, refresh, /*with_agents=*/false);
  if (!view.ok()) return FailRead(environment, view.status());
  Print(environment, {{&view->topology, {"tasks", "sources", "warnings"}}},
        [&] {
          return absl::StrCat(
              TasksText(view->topology, environment.out_style),
              TroublesText(view->topology, environment.out_style));
        });
  return ExitCode::kDone;
}

}  // namespace

void AddTasks(CLI::App& app, Action& chosen) {
  CLI::App* command =
      app.add_subcommand("tasks", "Tasks, their hosts and endpoints");
  auto refresh = std::make_shared<bool>(false);
  command->add_flag("--refresh", *refresh,
                    "Let the controller read its sources again first");
  command->footer(
      "Examples:\n  sunder tasks\n  sunder tasks -o json | jq -r '.tasks[] | "
      "select(.app == \"/shop/cart\").id'");
  command->callback([&chosen, refresh] {
    chosen = [refresh](const Environment& environment) {
      return ListTasks(environment, *refresh);
    };
  });
}

}  // namespace sunder::cli
