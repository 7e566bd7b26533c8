// Faults for people: all of them, one in short, one in full, one as a line.

#ifndef SUNDER_CLI_RENDER_FAULT_TEXT_H_
#define SUNDER_CLI_RENDER_FAULT_TEXT_H_

#include <string>

#include "cli/render/style.h"
#include "sunder/controller/v1/controller.pb.h"

namespace sunder::cli {

std::string FaultsText(const controller::v1::ListFaultsResponse& response,
                       const Style& style);

// For whoever started it: what is in force, since and until when, how to heal
// it.
std::string InForceText(const v1::Fault& fault, const Style& style);

// For whoever ended it.
std::string HealedText(const v1::Fault& fault, const Style& style);

// State per host, counters and timeline.
std::string ShowText(const v1::Fault& fault, const Style& style);

// One line for a log: "08:34:36.123 3f2a... in force: n1 in force, n2 armed".
std::string ChangeLine(const v1::Fault& fault, absl::Time now,
                       const Style& style);

// For somebody who waits: "2 of 3 hosts in force; n3 staged".
std::string ProgressLine(const v1::Fault& fault);

// "3f2a..." or "3f2a... (name)".
std::string Title(const v1::Fault& fault);

// "n1 | n2, n3".
std::string SidesText(const v1::Plan& plan);

// "n2 until 08:34:41.123, n3 until ..."
std::string RemnantsText(const v1::Fault& fault, const Style& style);

}  // namespace sunder::cli

#endif  // SUNDER_CLI_RENDER_FAULT_TEXT_H_
