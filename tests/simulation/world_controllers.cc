// The controllers of the world, and what is asked of them.

#include <numeric>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/simulation/world.h"

namespace sunder::simulation {

void World::StartController(int which) {
  ControllerProcess& process = controllers_[which];
  process.core = std::make_unique<controller::Core>(options_);
  process.superseded = false;
  process.stopped = false;
  process.backlog.clear();
  ++process.life;
  process.timer.reset();
  std::vector<controller::store::v1::FaultRecord> records;
  records.reserve(disk.records.size());
  for (const auto& [id, record] : disk.records) records.push_back(record);
  process.core->Start(++disk.term, std::move(records), now_);
  std::vector<std::string> names;
  names.reserve(nodes_.size());
  for (const auto& node : nodes_) names.push_back(node->name());
  process.core->HostsChanged(names, now_);
  AfterController(which);
}

void World::KillController(int which) {
  controllers_[which].core.reset();
  ++controllers_[which].life;
}

void World::ContinueController(int which) {
  controllers_[which].stopped = false;
  auto backlog = std::exchange(controllers_[which].backlog, {});
  for (auto& event : backlog) event();
}

void World::ToController(int which, uint64_t life,
                         std::function<void(controller::Core&)> event) {
  ControllerProcess& process = controllers_[which];
  if (process.core == nullptr || process.life != life) return;
  if (process.stopped) {
    process.backlog.push_back([this, which, life, event = std::move(event)] {
      ToController(which, life, event);
    });
    return;
  }
  event(*process.core);
  AfterController(which);
}

void World::AfterController(int which) {
  ControllerProcess& process = controllers_[which];
  const uint64_t life = process.life;
  for (auto& action : process.core->TakeActions()) {
    if (const auto* call = std::get_if<controller::Call>(&action)) {
      SendCall(which, *call);
    } else if (const auto* persist =
                   std::get_if<controller::Persist>(&action)) {
      // A controller that dies before it has heard may find it there or not.
      const bool late = random_() % 2 == 0;
      const std::string id = persist->record.fault().id();
      if (!late) disk.records[id] = persist->record;
      At(now_ + absl::Microseconds(300),
         [this, which, life, id, late, record = persist->record] {
           ToController(which, life,
                        [this, id, late, record](controller::Core& core) {
                          if (late) disk.records[id] = record;
                          core.Persisted(id, absl::OkStatus(), now_);
                        });
         });
    } else if (const auto* forget = std::get_if<controller::Forget>(&action)) {
      disk.records.erase(forget->fault_id);
    } else if (std::holds_alternative<controller::Superseded>(action)) {
      process.superseded = true;
    }
  }
  if (!process.superseded) {
    for (const auto& view : process.core->List(true, now_)) {
      invariants_.CheckView(view, now_);
    }
  }
  const auto next = process.core->NextTimer();
  if (!next || next == process.timer) return;
  process.timer = next;
  At(*next, [this, which, life, at = *next] {
    if (controllers_[which].timer != at) return;
    controllers_[which].timer.reset();
    ToController(which, life,
                 [this](controller::Core& core) { core.Timer(now_); });
  });
}

std::string World::Create(
    int count, absl::Duration duration,
    const std::function<void(sunder::v1::FaultSpec&)>& adapt) {
  const std::string id = absl::StrCat("fault-", ++faults_);
  sunder::v1::FaultSpec spec;
  const int64_t seconds = absl::ToInt64Seconds(duration);
  spec.mutable_duration()->set_seconds(seconds);
  spec.mutable_duration()->set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(duration - absl::Seconds(seconds))));
  adapt(spec);
  std::vector<int> on(count);
  std::iota(on.begin(), on.end(), 0);
  const sunder::v1::Plan plan = PlanOn(on, "");
  Invariants::Nodes nodes;
  for (const auto& node : nodes_) nodes.push_back(node.get());
  invariants_.Declared(
      id, plan, nodes,
      spec.on_partial() == sunder::v1::PARTIAL_POLICY_CONTINUE);
  const absl::Status status =
      controllers_[0].core->CreateFault(id, spec, plan, now_);
  EXPECT_TRUE(status.ok()) << status;
  AfterController(0);
  return id;
}

sunder::v1::Plan World::PlanOn(const std::vector<int>& on,
                               const std::string& place) {
  sunder::v1::Plan plan;
  for (const int i : on) {
    auto* host = plan.add_hosts();
    host->set_host(node(i).name());
    host->add_flows()->add_sources("all");
    if (!place.empty()) host->add_flows()->add_sources(place);
    for (const int j : on) host->add_flows()->add_sources(node(j).name());
  }
  return plan;
}

void World::Move(const std::string& id, const std::vector<int>& on,
                 const std::string& place) {
  const sunder::v1::Plan plan = PlanOn(on, place);
  const absl::Status status =
      controllers_[0].core->FaultChanged(id, plan, now_);
  // It may have ended.
  EXPECT_TRUE(status.ok() || absl::IsNotFound(status)) << status;
  if (status.ok()) invariants_.MembersMoved(id, plan);
  AfterController(0);
}

void World::MoveAway(const std::string& id) {
  const absl::Status status = controllers_[0].core->FaultChanged(
      id, absl::NotFoundError("nobody is there"), now_);
  EXPECT_TRUE(status.ok() || absl::IsNotFound(status)) << status;
  AfterController(0);
}

void World::Heal(const std::string& id) {
  const absl::Status status =
      controllers_[0].core->HealFault(id, "asked for", now_);
  EXPECT_TRUE(status.ok()) << status;
  AfterController(0);
}

void World::HolderAttached(const std::string& id) {
  const absl::Status status = controllers_[0].core->HolderAttached(id, now_);
  EXPECT_TRUE(status.ok()) << status;
  AfterController(0);
}

void World::HolderGone(const std::string& id) {
  const absl::Status status = controllers_[0].core->HolderGone(id, now_);
  EXPECT_TRUE(status.ok()) << status;
  AfterController(0);
}

sunder::v1::Fault World::View(const std::string& id, int which) {
  const auto view = controllers_[which].core->Find(id, now_);
  AfterController(which);
  return view ? *view : sunder::v1::Fault();
}

}  // namespace sunder::simulation
