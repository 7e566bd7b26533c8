#include "tests/simulation/world.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

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
