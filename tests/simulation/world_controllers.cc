// The controllers of the world, and what is asked of them.

#include <algorithm>
#include <numeric>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "controller/core/term.h"
#include "gtest/gtest.h"
#include "tests/simulation/world.h"
#include "tests/simulation/world_note.h"

namespace sunder::simulation {
namespace {

// For so long a controller gathers what agents say.
constexpr absl::Duration kGathering = absl::Microseconds(500);

}  // namespace

void Disk::Put(const controller::store::v1::FaultRecord& record,
               uint64_t write) {
  uint64_t& last = written[record.fault().id()];
  if (write < last) return;
  last = write;
  records[record.fault().id()] = record;
}

Disk& World::DiskOf(int which) { return which == 1 && copy ? *copy : disk; }

std::vector<std::string> World::Listed() const {
  std::vector<std::string> names;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (!unlisted_.contains(static_cast<int>(i))) {
      names.push_back(nodes_[i]->name());
    }
  }
  return names;
}

void World::StartController(int which) {
  ControllerProcess& process = controllers_[which];
  const uint64_t life = process.life + 1;
  process = ControllerProcess();
  process.life = life;
  process.core = std::make_unique<controller::Core>(options_);
  if (which == 0) calls_left_.reset();
  Disk& from = DiskOf(which);
  std::vector<controller::store::v1::FaultRecord> records;
  records.reserve(from.records.size());
  for (const auto& [id, record] : from.records) records.push_back(record);
  const WallInstant wall = options_.wall_base + (now_ - options_.boot_base);
  from.term = controller::NextTerm(from.term, wall, uint64_t{random_()} << 32);
  Note("controller ", which, ": starts with term ", from.term, " and ",
       records.size(), " records");
  process.core->Start(from.term, std::move(records), now_);
  process.core->HostsChanged(Listed());
  AfterController(which);
}

void World::KillController(int which) {
  if (controllers_[which].core) Note("controller ", which, ": dies");
  controllers_[which].core.reset();
  ++controllers_[which].life;
}

void World::ContinueController(int which) {
  Note("controller ", which, ": goes on");
  controllers_[which].stopped = false;
  auto backlog = std::exchange(controllers_[which].backlog, {});
  for (auto& event : backlog) event();
}

bool World::Rules(int which) const {
  const ControllerProcess& process = controllers_[which];
  return process.core && !process.stopped && !process.superseded;
}

void World::Enlist(int host, bool listed) {
  Note(node(host).name(), ": ", listed ? "joins" : "leaves", " the inventory");
  if (listed) {
    unlisted_.erase(host);
  } else {
    unlisted_.insert(host);
  }
  for (int which = 0; which < 2; ++which) {
    ToController(
        which, controllers_[which].life,
        [this](controller::Core& core) { core.HostsChanged(Listed()); });
  }
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

void World::FromAgent(int which, uint64_t life,
                      std::function<void(controller::Core&)> event) {
  ControllerProcess& process = controllers_[which];
  if (process.core == nullptr || process.life != life) return;
  if (process.stopped) {
    process.backlog.push_back([this, which, life, event = std::move(event)] {
      FromAgent(which, life, event);
    });
    return;
  }
  event(*process.core);
  if (std::exchange(process.pump_due, true)) return;
  At(now_ + kGathering, [this, which, life] {
    ToController(which, life, [](controller::Core&) {});
  });
}

void World::Write(int which, const controller::Persist& persist) {
  const uint64_t life = controllers_[which].life;
  const std::string id = persist.record.fault().id();
  // A controller that dies before it has heard may find it there or not.
  const bool late = random_() % 2 == 0;
  const bool fails = disk_full;
  const uint64_t write = ++writes_;
  if (!late && !fails) DiskOf(which).Put(persist.record, write);
  const auto written = [=, this,
                        record = persist.record](controller::Core& core) {
    if (late && !fails) DiskOf(which).Put(record, write);
    core.Persisted(id,
                   fails ? absl::ResourceExhaustedError("no space left")
                         : absl::OkStatus(),
                   now_);
  };
  At(now_ + disk_time, [=, this] { ToController(which, life, written); });
}

void World::AfterController(int which) {
  ControllerProcess& process = controllers_[which];
  const uint64_t life = process.life;
  process.pump_due = false;
  std::set<std::string> changed;
  for (auto& action : process.core->TakeActions(now_)) {
    if (const auto* call = std::get_if<controller::Call>(&action)) {
      SendCall(which, *call);
    } else if (const auto* persist =
                   std::get_if<controller::Persist>(&action)) {
      Write(which, *persist);
    } else if (const auto* forget = std::get_if<controller::Forget>(&action)) {
      DiskOf(which).records.erase(forget->fault_id);
    } else if (const auto* notify = std::get_if<controller::Notify>(&action)) {
      changed.insert(notify->fault_id);
    } else if (std::holds_alternative<controller::Superseded>(action)) {
      Note("controller ", which, ": is superseded");
      process.superseded = true;
    }
  }
  if (!process.superseded) CheckViews(which, changed);
  const auto next = process.core->NextTimer();
  if (!next || next == process.timer) return;
  process.timer = next;
  At(*next, [this, which, life, at = *next] {
    if (controllers_[which].timer != at) return;
    controllers_[which].timer.reset();
    ToController(which, life, [](controller::Core&) {});
  });
}

void World::CheckViews(int which, const std::set<std::string>& changed) {
  ControllerProcess& process = controllers_[which];
  const auto check = [&](const sunder::v1::Fault& view) {
    invariants_.CheckView(view, now_);
    if (!journal || process.said[view.id()] == view.state()) return;
    process.said[view.id()] = view.state();
    Note("controller ", which, " says: ", view.id(), " is ",
         sunder::v1::FaultState_Name(view.state()).substr(12),
         view.reason().empty() ? "" : ": ", view.reason());
  };
  for (const auto* view : process.core->List(false, now_)) check(*view);
  for (const auto& id : changed) {
    const auto* view = process.core->Find(id, now_);
    if (view != nullptr && controller::IsFinal(view->state())) check(*view);
  }
}

absl::StatusOr<std::string> World::TryCreate(
    const std::vector<int>& on, const sunder::v1::FaultSpec& spec) {
  std::string id = absl::StrCat("fault-", ++faults_);
  const sunder::v1::Plan plan = PlanOn(on, "");
  Note("somebody creates ", id, " on ", on.size(), " hosts for ",
       spec.duration().seconds(), " s");
  invariants_.Declared(
      id, plan, spec.on_partial() == sunder::v1::PARTIAL_POLICY_CONTINUE);
  absl::Status status = controllers_[0].core->CreateFault(id, spec, plan, now_);
  if (!status.ok()) {
    Note("  refused: ", status.message());
    return status;
  }
  AfterController(0);
  return id;
}

std::string World::Create(
    int count, absl::Duration duration,
    const std::function<void(sunder::v1::FaultSpec&)>& adapt) {
  sunder::v1::FaultSpec spec;
  const int64_t seconds = absl::ToInt64Seconds(duration);
  spec.mutable_duration()->set_seconds(seconds);
  spec.mutable_duration()->set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(duration - absl::Seconds(seconds))));
  adapt(spec);
  std::vector<int> on(count);
  std::iota(on.begin(), on.end(), 0);
  const absl::StatusOr<std::string> id = TryCreate(on, spec);
  EXPECT_TRUE(id.ok()) << id.status();
  return id.ok() ? *id : "";
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
  Note("the members of ", id, " move to ", on.size(), " hosts");
  const absl::Status status = controllers_[0].core->FaultChanged(id, plan);
  // It may have ended, or a host may have left the inventory.
  EXPECT_TRUE(status.ok() || absl::IsNotFound(status)) << status;
  if (status.ok()) invariants_.MembersMoved(id, plan);
  AfterController(0);
}

void World::MoveAway(const std::string& id) {
  Note("the members of ", id, " move away");
  const absl::Status status = controllers_[0].core->FaultChanged(
      id, absl::NotFoundError("nobody is there"));
  EXPECT_TRUE(status.ok() || absl::IsNotFound(status)) << status;
  AfterController(0);
}

void World::Heal(const std::string& id) {
  Note("somebody heals ", id);
  const absl::Status status =
      controllers_[0].core->HealFault(id, "asked for", now_);
  // An old database may not know it.
  EXPECT_TRUE(status.ok() || absl::IsNotFound(status)) << status;
  AfterController(0);
}

void World::HolderAttached(const std::string& id) {
  Note("the holder of ", id, " is there");
  const absl::Status status = controllers_[0].core->HolderAttached(id);
  EXPECT_TRUE(status.ok() || absl::IsNotFound(status)) << status;
  AfterController(0);
}

void World::HolderGone(const std::string& id) {
  Note("the holder of ", id, " is gone");
  const absl::Status status = controllers_[0].core->HolderGone(id, now_);
  EXPECT_TRUE(status.ok() || absl::IsNotFound(status)) << status;
  AfterController(0);
}

sunder::v1::Fault World::View(const std::string& id, int which) {
  const auto view = controllers_[which].core->Find(id, now_);
  AfterController(which);
  return view ? *view : sunder::v1::Fault();
}

}  // namespace sunder::simulation
