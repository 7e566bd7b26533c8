#include "controller/planner/planner.h"

#include <string>
#include <utility>
#include <vector>

#include "controller/planner/carve_out.h"
#include "controller/planner/division.h"
#include "controller/planner/flows.h"
#include "controller/planner/keep_sides.h"
#include "controller/planner/notes.h"
#include "controller/planner/place.h"
#include "controller/planner/protected.h"
#include "controller/planner/scope.h"
#include "controller/planner/shapes.h"
#include "controller/planner/spec_check.h"
#include "controller/planner/topology_index.h"

namespace sunder::controller {
namespace {

v1::Member MemberProto(const TopologyIndex& topology,
                       const Division::Sided& sided) {
  v1::Member proto;
  proto.set_name(sided.member.name);
  proto.set_side(sided.side);
  switch (sided.member.kind) {
    case MemberKind::kHost:
      proto.set_kind("host");
      proto.set_host(sided.member.name);
      break;
    case MemberKind::kTask:
      proto.set_kind("task");
      proto.set_host(topology.FindTask(sided.member.name)->host());
      break;
    case MemberKind::kExternal:
      proto.set_kind("external");
      break;
  }
  return proto;
}

void AddDivision(const TopologyIndex& topology, const Division& division,
                 v1::Plan& plan) {
  for (const Division::Sided& sided : division.members) {
    *plan.add_members() = MemberProto(topology, sided);
  }
  for (const auto& [from, to] : division.cuts) {
    v1::SideCut& cut = *plan.add_cuts();
    cut.set_from_side(from);
    cut.set_to_side(to);
  }
}

}  // namespace

absl::StatusOr<v1::Plan> MakePlan(const v1::Topology& topology,
                                  const v1::FaultSpec& spec,
                                  const Deployment& deployment,
                                  const v1::Plan* before) {
  if (absl::Status status = CheckSpec(spec); !status.ok()) return status;
  const TopologyIndex index(topology);
  auto division = Divide(index, spec.shape(), spec.seed());
  if (!division.ok()) return division.status();
  if (before != nullptr) {
    absl::Status kept = KeepSides(*before, spec.shape(), *division);
    if (!kept.ok()) return kept;
  }
  const Scopes scopes(index);
  const auto places = PlacesBySide(scopes, *division, spec.filter());
  if (!places.ok()) return places.status();
  auto hosts = PlanFlows(scopes, *places, division->cuts, spec);
  if (!hosts.ok()) return hosts.status();
  const Protection protection(index, deployment);
  for (v1::HostPlan& host : *hosts) {
    for (v1::ProtectedTuple& tuple :
         protection.At(*index.FindHost(host.host()))) {
      *host.add_protected_() = std::move(tuple);
    }
  }
  const auto carved = CarveOut(*hosts, *division, spec.filter());
  if (!carved.ok()) return carved.status();

  v1::Plan plan;
  plan.set_seed(spec.seed());
  AddDivision(index, *division, plan);
  for (v1::HostPlan& host : *hosts) *plan.add_hosts() = std::move(host);
  for (const std::string& note : NotesOn(index, scopes, *division, *places)) {
    plan.add_notes(note);
  }
  for (const std::string& note : *carved) plan.add_notes(note);
  return plan;
}

}  // namespace sunder::controller
