// A selector's text cut into terms, before anything is looked up. Pure syntax.

#ifndef SUNDER_CONTROLLER_PLANNER_SELECTOR_TERM_H_
#define SUNDER_CONTROLLER_PLANNER_SELECTOR_TERM_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sunder::controller {

struct LabelTest {
  std::string key;
  std::vector<std::string> values;  // Not empty.
  bool negated = false;             // `!=`; then there is one value.
};

struct SelectorTerm {
  enum class Prefix { kNone, kHost, kApp, kTask, kCidr, kDns };
  Prefix prefix = Prefix::kNone;
  std::string written;             // The term, as messages show it.
  std::string body;                // What follows the prefix; not empty.
  std::optional<LabelTest> label;  // Where `body` reads as a test of a label.
};

// INVALID_ARGUMENT: empty text or term, unbalanced parentheses, a malformed
// test.
absl::StatusOr<std::vector<SelectorTerm>> ParseSelector(
    absl::string_view selector);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_SELECTOR_TERM_H_
