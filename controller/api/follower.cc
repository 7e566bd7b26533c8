#include "controller/api/follower.h"

#include <string>
#include <utility>

#include "absl/strings/str_join.h"
#include "common/log.h"
#include "controller/planner/planner.h"

namespace sunder::controller {
namespace {

// One runs, and one waits with the newest topology; others give way to it.
constexpr size_t kMaxQueuedMoves = 1000;

}  // namespace

Follower::Follower(Engine& engine, Discovery& discovery,
                   std::function<Deployment()> deployment)
    : engine_(engine),
      discovery_(discovery),
      deployment_(std::move(deployment)),
      worker_("plans for members that move", 1, kMaxQueuedMoves) {}

void Follower::Look() {
  engine_.Post([this, look = ++looks_] {
    if (look != looks_) return;
    std::vector<Living> faults = Gather();
    if (faults.empty()) return;
    const absl::Status taken = worker_.Submit(
        [this, look, faults = std::move(faults)](const std::stop_token& stop) {
          PlanAnew(faults, look, stop);
        });
    if (!taken.ok()) spdlog::error("faults not followed: {}", taken.ToString());
  });
}

std::vector<Follower::Living> Follower::Gather() {
  std::vector<Living> faults;
  for (sunder::v1::Fault& fault : engine_.List(false)) {
    auto plan = engine_.core().NewestPlan(fault.id());
    if (!plan.ok()) continue;
    faults.push_back({fault.id(), fault.spec(), *std::move(plan)});
  }
  return faults;
}

void Follower::PlanAnew(const std::vector<Living>& faults, uint64_t look,
                        const std::stop_token& stop) {
  const sunder::v1::Topology topology = discovery_.Snapshot();
  // Members whom only that source knows would fall out of their faults. When it
  // has been read the topology is another.
  if (const auto unread = NeverRead(topology); !unread.empty()) {
    spdlog::warn("faults not followed: not read yet: {}",
                 absl::StrJoin(unread, ", "));
    return;
  }
  const Deployment deployment = deployment_();
  for (const Living& fault : faults) {
    if (look != looks_ || stop.stop_requested()) return;
    auto plan = MakePlan(topology, fault.spec, deployment, &fault.plan);
    if (!plan.ok()) {
      spdlog::warn("fault cannot follow its members fault={} error=\"{}\"",
                   fault.id, plan.status().ToString());
    }
    engine_.Post([this, id = fault.id, plan = std::move(plan)]() mutable {
      const absl::Status told =
          engine_.Tell([&](Core& core, BootInstant /*now*/) {
            return core.FaultChanged(id, std::move(plan));
          });
      // It may have ended meanwhile.
      if (!told.ok()) spdlog::info("fault not changed: {}", told.ToString());
    });
  }
}

}  // namespace sunder::controller
