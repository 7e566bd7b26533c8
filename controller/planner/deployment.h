// What the planner has to know of Sunder's own deployment so that no fault cuts
// it: values that the controller's shell gathers at start.

#ifndef SUNDER_CONTROLLER_PLANNER_DEPLOYMENT_H_
#define SUNDER_CONTROLLER_PLANNER_DEPLOYMENT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "sunder/v1/fault.pb.h"

namespace sunder::controller {

// Something over TCP that the controller calls.
struct Service {
  std::string name;  // "marathon"
  // Resolved; empty: not known, so it may be on any host, at any address.
  std::string address;
  uint32_t port = 0;
  std::string host_name = {};  // To resolve, where `address` is empty.
};

struct Deployment {
  // Every address that the controller's connections may come from. Empty: not
  // known, so the agents' ports are kept open to anybody.
  std::vector<std::string> controller_addresses;

  // The controller's --listen target; a unix socket needs no protection.
  std::string listen;

  std::vector<Service> services;

  // On top of 22, which every agent spares. 0: none.
  uint32_t ssh_port = 22;

  // The operator's list; holds on every host.
  std::vector<sunder::v1::ProtectedTuple> operator_list;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_DEPLOYMENT_H_
