#include "controller/discovery/merge.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/address.h"

namespace sunder::controller {
namespace {

// One spelling for what names a host: an address in its canonical form, or a
// name in lower case.
std::string HostKey(const std::string& text) {
  const absl::StatusOr<Address> address = Address::Parse(text);
  return address.ok() ? address->ToString() : absl::AsciiStrToLower(text);
}

// Finds the hosts of the inventory.
class HostIndex {
 public:
  explicit HostIndex(const sunder::v1::Topology& inventory) {
    for (const sunder::v1::Host& host : inventory.hosts()) {
      if (!host.mesos_agent_id().empty()) {
        by_agent_[host.mesos_agent_id()] = &host;
      }
      by_key_[HostKey(host.name())].insert(&host);
      for (const std::string& address : host.addresses()) {
        by_key_[HostKey(address)].insert(&host);
      }
    }
  }

  const sunder::v1::Host* ByAgent(const std::string& id) const {
    const auto found = by_agent_.find(id);
    return found == by_agent_.end() ? nullptr : found->second;
  }

  // nullptr also where several hosts go by `text`.
  const sunder::v1::Host* ByText(const std::string& text) const {
    const auto found = by_key_.find(HostKey(text));
    return found == by_key_.end() || found->second.size() != 1
               ? nullptr
               : *found->second.begin();
  }

 private:
  std::map<std::string, const sunder::v1::Host*> by_agent_;
  std::map<std::string, std::set<const sunder::v1::Host*>> by_key_;
};

// Where a task may run, and why not where it may not.
struct Placing {
  const sunder::v1::Host* host = nullptr;
  bool by_name = false;
  std::string why_not;
  bool contradiction = false;
};

Placing PlaceOn(const HostIndex& hosts, const sunder::v1::Task& task) {
  const std::string& agent = task.mesos_agent_id();
  if (const sunder::v1::Host* host = hosts.ByAgent(agent);
      !agent.empty() && host) {
    return {host, false, ""};
  }
  if (task.reported_host().empty()) {
    return {nullptr, false, "Marathon does not say on which host it runs"};
  }
  const sunder::v1::Host* host = hosts.ByText(task.reported_host());
  if (host == nullptr) {
    return {nullptr, false,
            absl::StrCat("it runs on ", task.reported_host(),
                         ", which is no host of the inventory")};
  }
  if (!agent.empty() && !host->mesos_agent_id().empty()) {
    return {nullptr, false,
            absl::StrCat("Mesos agent ", agent, " claims host ", host->name(),
                         ", which is agent ", host->mesos_agent_id(),
                         " in the inventory"),
            true};
  }
  return {host, true, ""};
}

void Strand(const std::string& why, sunder::v1::Task& task) {
  task.set_unreachable_reason(
      task.unreachable_reason().empty()
          ? why
          : absl::StrCat(why, "; ", task.unreachable_reason()));
}

// Puts Marathon's tasks on hosts.
void PlaceTasks(const HostIndex& hosts, std::vector<sunder::v1::Task>& tasks,
                std::vector<std::string>& warnings) {
  std::vector<Placing> placings;
  std::map<const sunder::v1::Host*, std::set<std::string>> claims;
  std::set<std::string> contradictions;
  for (const sunder::v1::Task& task : tasks) {
    placings.push_back(PlaceOn(hosts, task));
    const Placing& placing = placings.back();
    if (placing.contradiction &&
        contradictions.insert(placing.why_not).second) {
      warnings.push_back(absl::StrCat("Marathon: ", placing.why_not));
    }
    if (placing.by_name && !task.mesos_agent_id().empty()) {
      claims[placing.host].insert(task.mesos_agent_id());
    }
  }
  std::map<const sunder::v1::Host*, std::string> disputed;
  for (const auto& [host, agents] : claims) {
    if (agents.size() < 2) continue;
    disputed[host] =
        absl::StrCat("Mesos agents ", absl::StrJoin(agents, " and "),
                     " both claim host ", host->name());
    warnings.push_back(absl::StrCat(
        "Marathon: ", disputed[host],
        "; their tasks are put on no host until the inventory gives its "
        "mesos_agent_id"));
  }
  for (size_t i = 0; i < tasks.size(); ++i) {
    const Placing& placing = placings[i];
    const auto dispute = disputed.find(placing.host);
    if (placing.host == nullptr) {
      Strand(placing.why_not, tasks[i]);
    } else if (placing.by_name && dispute != disputed.end()) {
      Strand(dispute->second, tasks[i]);
    } else {
      tasks[i].set_host(placing.host->name());
    }
  }
}

template <typename Message>
void SortBy(google::protobuf::RepeatedPtrField<Message>& list,
            const std::string& (Message::*key)() const) {
  std::sort(list.pointer_begin(), list.pointer_end(),
            [key](const Message* a, const Message* b) {
              return (a->*key)() < (b->*key)();
            });
}

}  // namespace

sunder::v1::Topology Merge(const sunder::v1::Topology& inventory,
                           const MarathonContent& marathon) {
  sunder::v1::Topology merged = inventory;
  std::set<std::string> task_ids, app_ids;
  for (const sunder::v1::Task& task : inventory.tasks()) {
    task_ids.insert(task.id());
  }
  for (const sunder::v1::App& app : marathon.apps) app_ids.insert(app.id());

  std::vector<std::string> warnings = marathon.warnings;
  std::vector<sunder::v1::Task> tasks;
  for (const sunder::v1::Task& task : marathon.tasks) {
    if (task_ids.count(task.id()) == 0) {
      tasks.push_back(task);
    } else {
      warnings.push_back(absl::StrCat(
          "task ", task.id(),
          " is in the inventory and in Marathon; the inventory's is used"));
    }
  }
  PlaceTasks(HostIndex(inventory), tasks, warnings);
  for (sunder::v1::Task& task : tasks) *merged.add_tasks() = std::move(task);

  merged.clear_apps();
  for (const sunder::v1::App& app : marathon.apps) *merged.add_apps() = app;
  for (const sunder::v1::App& app : inventory.apps()) {
    if (app_ids.count(app.id()) == 0) *merged.add_apps() = app;
  }
  for (std::string& warning : warnings) {
    merged.add_warnings(std::move(warning));
  }
  SortBy(*merged.mutable_hosts(), &sunder::v1::Host::name);
  SortBy(*merged.mutable_apps(), &sunder::v1::App::id);
  SortBy(*merged.mutable_tasks(), &sunder::v1::Task::id);
  return merged;
}

}  // namespace sunder::controller
