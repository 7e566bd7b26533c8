// A topology with its names looked up fast. Borrows the topology, which must
// outlive it and not change; safe to read from any number of threads.

#ifndef SUNDER_CONTROLLER_PLANNER_TOPOLOGY_INDEX_H_
#define SUNDER_CONTROLLER_PLANNER_TOPOLOGY_INDEX_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "sunder/v1/topology.pb.h"

namespace sunder::controller {

class TopologyIndex {
 public:
  explicit TopologyIndex(const v1::Topology& topology);
  // A temporary would not outlive this.
  explicit TopologyIndex(v1::Topology&&) = delete;

  // nullptr where there is none of that name.
  const v1::Host* FindHost(absl::string_view name) const;
  const v1::Task* FindTask(absl::string_view id) const;
  // nullptr where no task and no app has that id; empty for an app without
  // tasks.
  const std::vector<const v1::Task*>* FindApp(absl::string_view id) const;
  const std::vector<const v1::Task*>& TasksOn(absl::string_view host) const;

  const std::vector<const v1::Host*>& hosts() const { return hosts_; }
  const std::vector<const v1::Task*>& tasks() const { return tasks_; }
  const std::vector<std::string>& apps() const { return app_ids_; }

 private:
  // Sorted by name or id.
  std::vector<const v1::Host*> hosts_;
  std::vector<const v1::Task*> tasks_;
  std::vector<std::string> app_ids_;
  absl::flat_hash_map<std::string, const v1::Host*> host_by_name_;
  absl::flat_hash_map<std::string, const v1::Task*> task_by_id_;
  absl::flat_hash_map<std::string, std::vector<const v1::Task*>> app_by_id_;
  absl::flat_hash_map<std::string, std::vector<const v1::Task*>> tasks_on_;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_TOPOLOGY_INDEX_H_
