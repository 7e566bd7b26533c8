// Texts of strangers inside our messages: bounded, and always valid UTF-8,
// which protobuf's strings must be.

#ifndef SUNDER_CONTROLLER_PLANNER_SHOWN_H_
#define SUNDER_CONTROLLER_PLANNER_SHOWN_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sunder::controller {

// Valid UTF-8 without ASCII control characters.
bool IsPlainText(absl::string_view text);

// The beginning of `text`; other bytes than plain text's as escapes.
std::string Shown(absl::string_view text);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_SHOWN_H_
