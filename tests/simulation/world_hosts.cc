// What befalls the hosts of the world.

#include <utility>

#include "tests/simulation/world.h"
#include "tests/simulation/world_note.h"

namespace sunder::simulation {

void World::KillAgent(int host) {
  Node& on = node(host);
  Note(on.name(), ": the agent dies");
  invariants_.StandsStill(on.name(), now_);
  on.Kill();
  on.timer.reset();
  if (!on.suspended) {
    on.stopped = false;
    on.backlog.clear();
  }
  for (auto& answer : on.TakeOrphans()) {
    answer(absl::UnavailableError("connection reset"));
  }
  for (int which = 0; which < 2; ++which) {
    if (!on.from_host[which]) continue;
    At(now_ + Delay(),
       [this, which, life = controllers_[which].life, name = on.name()] {
         FromAgent(which, life, [this, name](controller::Core& core) {
           core.AgentUnreachable(name, absl::UnavailableError("reset"), now_);
         });
       });
  }
}

void World::StartAgent(int host) {
  if (node(host).suspended) return;
  if (node(host).alive()) KillAgent(host);
  Note(node(host).name(), ": the agent starts");
  // It may sweep what it did not have time to write down, or no room for. A
  // controller that cannot hear it knows once the lease is over.
  const Node& on = node(host);
  invariants_.Interfered(on.name(), now_, absl::Milliseconds(1500));
  if (on.host().disk_full || !on.from_host[0] || !on.to_host[0]) {
    invariants_.Drifted(on.name(), now_);
  }
  Refresh();
  node(host).host().Start();
  AfterNode(host);
}

void World::Reboot(int host) {
  if (node(host).suspended) return;
  invariants_.Interfered(node(host).name(), now_);
  KillAgent(host);
  Note(node(host).name(), ": reboots");
  node(host).Reboot(now_);
  invariants_.Rebooted(node(host).name());
}

void World::ContinueAgent(int host) {
  Node& on = node(host);
  if (on.suspended || !on.stopped) return;
  Note(on.name(), ": the agent goes on");
  on.stopped = false;
  invariants_.StoodStill(on.name());
  ExpectTruth(host);
  auto backlog = std::exchange(on.backlog, {});
  for (auto& event : backlog) ToNode(host, std::move(event));
  AfterNode(host);
}

void World::Suspend(int host, absl::Duration d) {
  Node& on = node(host);
  if (on.suspended) return;
  Note(on.name(), ": sleeps for ", absl::FormatDuration(d));
  invariants_.Interfered(on.name(), now_, d);
  Refresh();
  on.host().kernel().FallAsleep();
  const bool stopped = on.stopped;
  on.suspended = on.stopped = true;
  At(now_ + d, [this, host, d, stopped] {
    Node& awake = node(host);
    Note(awake.name(), ": wakes");
    awake.suspended = false;
    awake.host().kernel().Suspended(d);
    invariants_.Suspended(awake.name(), now_, d);
    if (!stopped) ContinueAgent(host);
  });
}

void World::StepWallClock(int host, absl::Duration by) {
  if (node(host).suspended) return;
  Note(node(host).name(), ": the wall clock steps by ",
       absl::FormatDuration(by));
  // An agent that runs, and whose kernel does as it is told, has shut at once
  // what the step opens. What is open does not mind.
  const bool runs = node(host).alive() && !node(host).stopped &&
                    !interrupts_.contains(host) &&
                    !node(host).host().kernel().will_fail();
  invariants_.Interfered(node(host).name(), now_,
                         runs ? kTolerance + network.longest : options_.lease);
  Refresh();
  invariants_.MayPause(node(host).name());
  // A stopped agent hears of it when it goes on.
  node(host).host().StepWall(by, !node(host).stopped);
  if (node(host).stopped) {
    ToNode(host, [this, host] {
      if (node(host).alive()) node(host).host().StepWall({}, true);
    });
  }
  AfterNode(host);
}

void World::SetLatch(int host) {
  if (node(host).suspended) return;
  Note(node(host).name(), ": the stop latch is set, all is removed");
  invariants_.Drifted(node(host).name(), now_);
  ExpectTruth(host);
  node(host).host().kernel().latched = true;
  node(host).host().kernel().RemoveAll();
  ToNode(host, [this, host] {
    if (node(host).alive()) node(host).host().SetLatch();
  });
}

void World::ReleaseLatch(int host) {
  Note(node(host).name(), ": the stop latch is released");
  node(host).host().kernel().latched = false;
}

void World::RemoveTables(int host) {
  if (node(host).suspended) return;
  Note(node(host).name(), ": somebody flushes the ruleset");
  invariants_.MayPause(node(host).name());
  agent::ModelKernel& kernel = node(host).host().kernel();
  std::set<agent::GateId> gates;
  kernel.ForEach([&](const agent::ModelKernel::Seen& table) {
    gates.merge(kernel.GatesOf(table.key.fault_id));
  });
  kernel.RemoveAll();
  NotifyOfChange(host, std::move(gates));
}

void World::Damage(int host, const std::string& id) {
  if (node(host).suspended) return;
  Note(node(host).name(), ": somebody empties a chain of ", id);
  invariants_.MayPause(node(host).name());
  node(host).host().kernel().Damage(id);
  NotifyOfChange(host, node(host).host().kernel().GatesOf(id));
}

void World::NotifyOfChange(int host, std::set<agent::GateId> gates) {
  invariants_.Drifted(node(host).name(), now_);
  ExpectTruth(host);
  ToNode(host, [this, host, gates = std::move(gates)] {
    node(host).host().RulesetChanged({.gates = gates});
  });
}

void World::ExpectTruth(int host) {
  const absl::Duration grace = kTolerance + network.longest;
  invariants_.AgentMayLag(node(host).name(), now_, grace);
  const size_t failed = node(host).host().kernel().failed();
  At(now_ + grace, [this, host, failed] {
    only_looked_ = true;
    Node& on = node(host);
    if (!on.alive() || on.stopped) return;
    if (on.host().kernel().failed() != failed) {
      return invariants_.Interfered(on.name(), now_);  // It tries again later.
    }
    if (on.host().pending()) return ExpectTruth(host);  // It is at it.
    for (const agent::v1::Held& held : on.host().core().Held()) {
      invariants_.CheckSaid(on.name(), held, now_);
    }
  });
}

void World::Disconnect(int host, bool down) {
  for (int which = 0; which < 2; ++which) Cut(host, which, down, down);
}

void World::Cut(int host, int which, bool to, bool from) {
  Node& on = node(host);
  if (on.to_host[which] == !to && on.from_host[which] == !from) return;
  on.to_host[which] = !to;
  on.from_host[which] = !from;
  Note(on.name(), ": to controller ", which, from ? " cut" : " open",
       ", from it ", to ? "cut" : "open");
}

}  // namespace sunder::simulation
