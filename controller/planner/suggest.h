// Names that a person may have meant, and lists of names that stay readable.

#ifndef SUNDER_CONTROLLER_PLANNER_SUGGEST_H_
#define SUNDER_CONTROLLER_PLANNER_SUGGEST_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sunder::controller {

// At most three of `known` that are near `text`, nearest first.
std::vector<std::string> NearMisses(absl::string_view text,
                                    const std::vector<std::string>& known);

// "a, b, c and 4 more": the first `limit` of `names`.
std::string ListNames(const std::vector<std::string>& names, size_t limit = 8);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_SUGGEST_H_
