// Who hears whom while a plan is in force, drawn in text.

#ifndef SUNDER_CLI_RENDER_MATRIX_H_
#define SUNDER_CLI_RENDER_MATRIX_H_

#include <string>

#include "cli/render/style.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::cli {

// A row a receiver, a column a sender: "." hears, "X" does not. More members
// than fit a terminal are drawn by their sides. Empty without members.
std::string Matrix(const v1::Plan& plan, const Style& style);

}  // namespace sunder::cli

#endif  // SUNDER_CLI_RENDER_MATRIX_H_
