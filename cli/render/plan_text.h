// A dry run for people: members and sides, who hears whom, what each host would
// drop, the rules themselves, and what else there is to know.

#ifndef SUNDER_CLI_RENDER_PLAN_TEXT_H_
#define SUNDER_CLI_RENDER_PLAN_TEXT_H_

#include <string>

#include "cli/render/style.h"
#include "sunder/controller/v1/controller.pb.h"

namespace sunder::cli {

std::string DryRunText(const controller::v1::CreateFaultResponse& response,
                       const Style& style);

// "tcp from 10.9.0.2 to 10.9.0.1, port 6379 on either side".
std::string FlowText(const v1::Flow& flow);

}  // namespace sunder::cli

#endif  // SUNDER_CLI_RENDER_PLAN_TEXT_H_
