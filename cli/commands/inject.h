// What partition and cut have in common: the options of every fault, and the
// way from a shape to a fault in force.

#ifndef SUNDER_CLI_COMMANDS_INJECT_H_
#define SUNDER_CLI_COMMANDS_INJECT_H_

#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "cli/commands/environment.h"
#include "cli/core/spec.h"

namespace sunder::cli {

struct InjectOptions {
  FaultOptions fault;
  bool dry_run = false;
  std::string wait = "30s";
  std::string on_timeout = "heal";  // heal, leave
};

void AddInjectOptions(CLI::App& command, InjectOptions& options);

// Returns when the fault is in force everywhere (with hold: has ended), or has
// failed with nothing in force, or cannot be known not to be in force.
ExitCode Inject(const Environment& environment, const InjectOptions& options,
                const absl::StatusOr<v1::Shape>& shape);

}  // namespace sunder::cli

#endif  // SUNDER_CLI_COMMANDS_INJECT_H_
