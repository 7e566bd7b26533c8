// Everything that is known to have happened to a fault, in order, per host and
// overall, counted from its start.

#ifndef SUNDER_CLI_RENDER_TIMELINE_H_
#define SUNDER_CLI_RENDER_TIMELINE_H_

#include <string>

#include "cli/render/style.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::cli {

std::string TimelineText(const v1::Fault& fault, const Style& style);

}  // namespace sunder::cli

#endif  // SUNDER_CLI_RENDER_TIMELINE_H_
