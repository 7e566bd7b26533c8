// Which tasks are Sunder itself, and so are never killed. Pure.

#ifndef SUNDER_CONTROLLER_KILLS_PROTECTED_H_
#define SUNDER_CONTROLLER_KILLS_PROTECTED_H_

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sunder/v1/topology.pb.h"

namespace sunder::controller {

// An app with this label is left alone, whatever the label's value, unless that
// is "false".
inline constexpr char kProtectedLabel[] = "SUNDER_PROTECTED";

// The controller's own task, where Marathon runs it; empty: it does not.
struct OwnTask {
  std::string id;   // $MESOS_TASK_ID
  std::string app;  // $MARATHON_APP_ID: any of its tasks may be a controller.
};

class ProtectedTasks {
 public:
  // `own_targets` are the gRPC targets of the controller; the agents' are in
  // `topology`. Unix targets protect nothing: no task has them as an endpoint.
  ProtectedTasks(const sunder::v1::Topology& topology,
                 const std::vector<std::string>& own_targets,
                 OwnTask own_task = {});

  // Why `task` may not be killed; nullopt: it may.
  std::optional<std::string> operator()(const sunder::v1::Task& task) const;

 private:
  void Protect(const sunder::v1::Topology& topology, const std::string& target,
               const std::string& what);

  const OwnTask own_task_;
  // (host's name or address, port): what listens there. A controller that
  // listens on every address has an entry for each host.
  std::map<std::pair<std::string, uint32_t>, std::string> owners_;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_KILLS_PROTECTED_H_
