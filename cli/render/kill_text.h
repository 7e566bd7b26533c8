// The outcome of a kill for people.

#ifndef SUNDER_CLI_RENDER_KILL_TEXT_H_
#define SUNDER_CLI_RENDER_KILL_TEXT_H_

#include <string>

#include "cli/render/style.h"
#include "sunder/controller/v1/controller.pb.h"

namespace sunder::cli {

std::string KillText(const controller::v1::KillTasksResponse& response,
                     bool dry_run, const Style& style);

}  // namespace sunder::cli

#endif  // SUNDER_CLI_RENDER_KILL_TEXT_H_
