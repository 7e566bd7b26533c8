// The commands. Each Add… puts one on the program's command line; when a person
// chose it, `chosen` becomes what is to be run.

#ifndef SUNDER_CLI_COMMANDS_COMMANDS_H_
#define SUNDER_CLI_COMMANDS_COMMANDS_H_

#include <functional>

#include "CLI/CLI.hpp"
#include "cli/commands/environment.h"

namespace sunder::cli {

using Action = std::function<ExitCode(const Environment&)>;

void AddHosts(CLI::App& app, Action& chosen);
void AddApps(CLI::App& app, Action& chosen);
void AddTasks(CLI::App& app, Action& chosen);
void AddTopology(CLI::App& app, Action& chosen);
void AddPartition(CLI::App& app, Action& chosen);
void AddCut(CLI::App& app, Action& chosen);
void AddKill(CLI::App& app, Action& chosen);
void AddFaults(CLI::App& app, Action& chosen);
void AddShow(CLI::App& app, Action& chosen);
void AddWatch(CLI::App& app, Action& chosen);
void AddHeal(CLI::App& app, Action& chosen);

}  // namespace sunder::cli

#endif  // SUNDER_CLI_COMMANDS_COMMANDS_H_
