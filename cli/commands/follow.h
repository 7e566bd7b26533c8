// Runs a Follower for a fault that was just created: streams, signals and the
// clock become its events; its wishes become requests and output.

#ifndef SUNDER_CLI_COMMANDS_FOLLOW_H_
#define SUNDER_CLI_COMMANDS_FOLLOW_H_

#include <memory>

#include "cli/commands/environment.h"
#include "cli/commands/signals.h"
#include "cli/core/follower.h"
#include "common/event_loop.h"

namespace sunder::cli {

// Returns when the follower has an outcome, which is printed.
ExitCode Follow(const Environment& environment, Client& client,
                Signals& signals, std::unique_ptr<EventLoop> loop,
                const v1::Fault& fault, const Follower::Options& options);

}  // namespace sunder::cli

#endif  // SUNDER_CLI_COMMANDS_FOLLOW_H_
