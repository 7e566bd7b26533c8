// Words for the journal: what is asked, answered and done.

#ifndef SUNDER_TESTS_SIMULATION_DESCRIBE_H_
#define SUNDER_TESTS_SIMULATION_DESCRIBE_H_

#include <string>

#include "absl/status/statusor.h"
#include "agent/core/actions.h"
#include "controller/core/action.h"

namespace sunder::simulation {

std::string Describe(const controller::Request& request);
std::string Describe(const absl::StatusOr<controller::Response>& response);
// Empty for what is only said.
std::string Describe(const agent::Action& action);

}  // namespace sunder::simulation

#endif  // SUNDER_TESTS_SIMULATION_DESCRIBE_H_
