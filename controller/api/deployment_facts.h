// Gathers what the planner must know of Sunder's own deployment.

#ifndef SUNDER_CONTROLLER_API_DEPLOYMENT_FACTS_H_
#define SUNDER_CONTROLLER_API_DEPLOYMENT_FACTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "controller/api/resolver.h"
#include "controller/planner/deployment.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::controller {

// Of every interface of this network namespace, now.
absl::StatusOr<std::vector<std::string>> LocalAddresses();

// Host and port of a Marathon's base URL. A name is not looked up.
absl::StatusOr<Service> MarathonService(const std::string& url);

// Puts one service for each address in place of one known by its name. The
// error of the last one that could not be resolved and stays as it was. BLOCKS
// as Resolver says, for each name.
absl::Status ResolveServices(Resolver& resolver,
                             std::vector<Service>& services);

// The operator's "tcp/9100" or "tcp/9100@10.0.0.0/8".
absl::StatusOr<sunder::v1::ProtectedTuple> ParseProtected(
    const std::string& text);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_API_DEPLOYMENT_FACTS_H_
