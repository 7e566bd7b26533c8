#include "controller/planner/rest.h"

#include <set>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/error_detail.h"
#include "common/task_state.h"
#include "controller/planner/selector.h"
#include "controller/planner/suggest.h"

namespace sunder::controller {
namespace {

bool Has(const Division& groups, MemberKind kind) {
  for (const Division::Sided& sided : groups.members) {
    if (sided.member.kind == kind) return true;
  }
  return false;
}

std::vector<Member> TasksOfSameApps(const TopologyIndex& topology,
                                    const Division& groups) {
  std::set<std::string> apps;
  for (const Division::Sided& sided : groups.members) {
    if (sided.member.kind != MemberKind::kTask) continue;
    apps.insert(topology.FindTask(sided.member.name)->app());
  }
  apps.erase("");
  std::vector<Member> members;
  for (const std::string& app : apps) {
    for (const v1::Task* task : *topology.FindApp(app)) {
      if (!HasEnded(*task)) members.push_back({MemberKind::kTask, task->id()});
    }
  }
  return members;
}

// Everybody, groups and rest.
absl::StatusOr<std::vector<Member>> Everybody(
    const TopologyIndex& topology, const Division& groups,
    const v1::Shape::Complete& shape) {
  if (!shape.among().empty()) {
    absl::StatusOr<Selection> among = Select(topology, shape.among());
    if (!among.ok()) return among.status();
    return std::move(among->members);
  }
  if (!Has(groups, MemberKind::kTask)) {
    std::vector<Member> members;
    if (!Has(groups, MemberKind::kHost)) return members;
    for (const v1::Host* host : topology.hosts()) {
      members.push_back({MemberKind::kHost, host->name()});
    }
    return members;
  }
  const bool bridged =
      shape.rest() == v1::REST_BRIDGE || shape.rest() == v1::REST_UNSPECIFIED;
  if (Has(groups, MemberKind::kHost) && !bridged) {
    return ErrorWithDetail(
        absl::StatusCode::kInvalidArgument,
        "the groups hold hosts and tasks, so it is not plain who the rest is",
        "BAD_SHAPE", "shape.among", "Say with `among` who all the members are");
  }
  return TasksOfSameApps(topology, groups);
}

}  // namespace

absl::StatusOr<std::vector<Member>> RestOf(const TopologyIndex& topology,
                                           const Division& groups,
                                           const v1::Shape::Complete& shape) {
  if (!v1::Rest_IsValid(shape.rest())) {
    return ErrorWithDetail(
        absl::StatusCode::kInvalidArgument,
        absl::StrCat("rest ", static_cast<int>(shape.rest()),
                     " is not known to this controller"),
        "UNKNOWN_ENUM", "shape.complete.rest",
        "Use bridge, isolated or error, or a newer controller");
  }
  const auto everybody = Everybody(topology, groups, shape);
  if (!everybody.ok()) return everybody.status();
  absl::flat_hash_set<Member> named;
  for (const Division::Sided& sided : groups.members) {
    named.insert(sided.member);
  }
  std::vector<Member> rest;
  std::vector<std::string> names;
  for (const Member& member : *everybody) {
    if (named.contains(member)) continue;
    rest.push_back(member);
    names.push_back(member.name);
  }
  if (shape.rest() == v1::REST_ERROR && !rest.empty()) {
    return ErrorWithDetail(
        absl::StatusCode::kFailedPrecondition,
        absl::StrCat("no group names ", ListNames(names)), "REST",
        "shape.complete.groups",
        "Put them in a group, or let the rest be bridged or isolated");
  }
  return rest;
}

}  // namespace sunder::controller
