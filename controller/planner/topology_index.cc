#include "controller/planner/topology_index.h"

#include <algorithm>

namespace sunder::controller {
namespace {

template <typename Map>
auto Find(const Map& map, absl::string_view key)
    -> decltype(&map.begin()->second) {
  const auto it = map.find(key);
  return it == map.end() ? nullptr : &it->second;
}

}  // namespace

TopologyIndex::TopologyIndex(const v1::Topology& topology) {
  for (const v1::Host& host : topology.hosts()) {
    if (host_by_name_.emplace(host.name(), &host).second) {
      hosts_.push_back(&host);
    }
  }
  for (const v1::Task& task : topology.tasks()) {
    if (task_by_id_.emplace(task.id(), &task).second) tasks_.push_back(&task);
  }
  std::sort(hosts_.begin(), hosts_.end(),
            [](auto* a, auto* b) { return a->name() < b->name(); });
  std::sort(tasks_.begin(), tasks_.end(),
            [](auto* a, auto* b) { return a->id() < b->id(); });

  for (const v1::App& app : topology.apps()) app_by_id_[app.id()];
  for (const v1::Task* task : tasks_) {
    if (!task->app().empty()) app_by_id_[task->app()].push_back(task);
    if (!task->host().empty()) tasks_on_[task->host()].push_back(task);
  }
  for (const auto& [id, tasks] : app_by_id_) app_ids_.push_back(id);
  std::sort(app_ids_.begin(), app_ids_.end());
}

const v1::Host* TopologyIndex::FindHost(absl::string_view name) const {
  const auto* found = Find(host_by_name_, name);
  return found == nullptr ? nullptr : *found;
}

const v1::Task* TopologyIndex::FindTask(absl::string_view id) const {
  const auto* found = Find(task_by_id_, id);
  return found == nullptr ? nullptr : *found;
}

const std::vector<const v1::Task*>* TopologyIndex::FindApp(
    absl::string_view id) const {
  return Find(app_by_id_, id);
}

const std::vector<const v1::Task*>& TopologyIndex::TasksOn(
    absl::string_view host) const {
  static const auto* const kNone = new std::vector<const v1::Task*>();
  const auto* found = Find(tasks_on_, host);
  return found == nullptr ? *kNone : *found;
}

}  // namespace sunder::controller
