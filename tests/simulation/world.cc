#include "tests/simulation/world.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sunder::simulation {

World::World(int hosts, uint32_t seed)
    : now_(BootInstant::FromNanos(3'600'000'000'000)), random_(seed) {
  options_.boot_base = now_;
  options_.wall_base = WallInstant::FromNanos(1'800'000'000'000'000'000);
  for (int i = 0; i < hosts; ++i) {
    const auto ahead =
        absl::Milliseconds(static_cast<int64_t>(random_() % 2'000'000'000));
    const auto drift = static_cast<int64_t>(random_() % 101) - 50;
    nodes_.push_back(
        std::make_unique<Node>(absl::StrCat("n", i), ahead, drift, random_()));
  }
  Refresh();
  // The agents of the constructor lived at another instant: start them here.
  for (int i = 0; i < hosts; ++i) {
    node(i).host().Start();
    AfterNode(i);
  }
}

bool World::Chance(double p) {
  return p > 0 && std::uniform_real_distribution<double>()(random_) < p;
}

absl::Duration World::Delay() {
  const double part = std::uniform_real_distribution<double>()(random_);
  return network.shortest + part * (network.longest - network.shortest);
}

void World::Refresh() {
  for (auto& node : nodes_) node->SetNow(now_);
}

void World::At(Now when, std::function<void()> what) {
  events_.emplace(std::max(when, now_), std::move(what));
}

bool World::StepOnce() {
  if (events_.empty()) return false;
  auto first = events_.extract(events_.begin());
  now_ = first.key();
  Refresh();
  first.mapped()();
  invariants_.CheckKernels(now_);
  return true;
}

void World::RunFor(absl::Duration d) {
  bool over = false;
  At(now_ + d, [&over] { over = true; });
  while (!over) {
    Tick();
    StepOnce();
  }
}

void World::Tick() {
  if (ticking_) return;
  ticking_ = true;
  At(now_ + absl::Milliseconds(10), [this] { ticking_ = false; });
}

bool World::RunUntil(const std::function<bool()>& so, absl::Duration limit) {
  const Now last = now_ + limit;
  while (!so()) {
    if (now_ >= last) return false;
    Tick();
    StepOnce();
  }
  return true;
}

int World::DropsOn(const std::string& id) {
  Refresh();
  return static_cast<int>(std::count_if(
      nodes_.begin(), nodes_.end(),
      [&id](const auto& node) { return node->host().kernel().Drops(id); }));
}

Node* World::Named(const std::string& name, int* index) {
  for (int i = 0; i < hosts(); ++i) {
    if (node(i).name() != name) continue;
    *index = i;
    return &node(i);
  }
  return nullptr;
}

// ---- Controllers.

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
      const std::string id = persist->record.fault().id();
      disk.records[id] = persist->record;
      At(now_ + absl::Microseconds(300), [this, which, life, id] {
        ToController(which, life, [this, id](controller::Core& core) {
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
  spec.mutable_duration()->set_seconds(absl::ToInt64Seconds(duration));
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

// ---- Messages.

void World::SendCall(int which, const controller::Call& call) {
  invariants_.Sent(call.host, call);
  if (on_call && !on_call(call)) return;
  const uint64_t life = controllers_[which].life;
  const Now sent = now_;
  const auto arrive = [this, which, life, call, sent] {
    Arrive(which, life, call, sent);
  };
  if (!Chance(network.lost)) At(now_ + Delay(), arrive);
  if (Chance(network.repeated)) At(now_ + 1000 * Delay() / 2, arrive);
}

void World::Arrive(int which, uint64_t life, const controller::Call& call,
                   Now sent) {
  int index = 0;
  Node* node = Named(call.host, &index);
  if (node == nullptr || !node->to_host) return;
  const auto answer = [this, which, life, id = call.id, sent,
                       node](absl::StatusOr<controller::Response> reply) {
    if (!node->from_host || Chance(network.lost)) return;
    At(now_ + Delay(), [this, which, life, id, sent, reply = std::move(reply)] {
      ToController(which, life,
                   [this, id, sent, reply](controller::Core& core) {
                     core.AgentReplied(id, reply, sent, now_);
                   });
    });
  };
  ToNode(index, [node, request = call.request, answer] {
    if (node->alive()) {
      node->Deliver(request, answer);
    } else {
      answer(absl::UnavailableError("connection refused"));
    }
  });
}

void World::ToNode(int host, std::function<void()> event) {
  if (node(host).stopped) {
    node(host).backlog.push_back(std::move(event));
    return;
  }
  event();
  AfterNode(host);
}

void World::AfterNode(int host) {
  Node& on = node(host);
  for (const auto& held : std::exchange(on.host().notified, {})) {
    if (!watch_works || !on.alive() || !on.from_host || Chance(network.lost)) {
      continue;
    }
    agent::v1::WatchResponse report;
    *report.mutable_stamp() = on.Stamp();
    *report.mutable_held() = held;
    for (int which = 0; which < 2; ++which) {
      At(now_ + Delay(), [this, which, life = controllers_[which].life, report,
                          name = on.name()] {
        ToController(which, life, [this, name, report](controller::Core& core) {
          core.AgentReported(name, report, now_);
        });
      });
    }
  }
  if (!on.alive()) return;
  if (on.host().pending() && !on.pumping) {
    on.pumping = true;
    At(now_ + Delay() / 4, [this, host] {
      node(host).pumping = false;
      ToNode(host, [this, host] {
        if (!node(host).alive() || !node(host).host().pending()) return;
        if (on_action && !on_action(host)) return KillAgent(host);
        node(host).CarryOutOne();
      });
    });
  }
  const auto next = on.host().core().NextTimer();
  if (!next || next == on.timer) return;
  on.timer = next;
  At(on.ToWorld(*next), [this, host, at = *next] {
    if (node(host).timer != at) return;
    node(host).timer.reset();
    ToNode(host, [this, host] {
      if (node(host).alive()) node(host).host().Timer();
    });
  });
}

// ---- Hosts.

void World::KillAgent(int host) {
  Node& on = node(host);
  on.Kill();
  on.timer.reset();
  on.stopped = false;
  on.backlog.clear();
  for (auto& answer : on.TakeOrphans()) {
    answer(absl::UnavailableError("connection reset"));
  }
  for (int which = 0; which < 2; ++which) {
    if (!on.from_host) break;
    At(now_ + Delay(),
       [this, which, life = controllers_[which].life, name = on.name()] {
         ToController(which, life, [this, name](controller::Core& core) {
           core.AgentUnreachable(name, absl::UnavailableError("reset"), now_);
         });
       });
  }
}

void World::StartAgent(int host) {
  if (node(host).alive()) KillAgent(host);
  // It may sweep what it did not have time to write down.
  invariants_.Interfered(node(host).name(), now_, absl::Milliseconds(1500));
  Refresh();
  node(host).host().Start();
  AfterNode(host);
}

void World::Reboot(int host) {
  invariants_.Interfered(node(host).name(), now_);
  KillAgent(host);
  node(host).host().Reboot();
}

void World::ContinueAgent(int host) {
  node(host).stopped = false;
  auto backlog = std::exchange(node(host).backlog, {});
  for (auto& event : backlog) ToNode(host, std::move(event));
  AfterNode(host);
}

void World::StepWallClock(int host, absl::Duration by) {
  invariants_.Interfered(node(host).name(), now_);
  Refresh();
  node(host).host().StepWall(by);
  invariants_.WallClockStepped(node(host).name());
  AfterNode(host);
}

void World::SetLatch(int host) {
  invariants_.Interfered(node(host).name(), now_);
  if (!node(host).alive()) return;
  Refresh();
  node(host).host().SetLatch();
  AfterNode(host);
}

void World::Disconnect(int host, bool down) {
  node(host).to_host = node(host).from_host = !down;
}

}  // namespace sunder::simulation
