// What goes between the controllers and the agents of the world.

#include <algorithm>
#include <utility>
#include <variant>

#include "tests/simulation/describe.h"
#include "tests/simulation/world.h"
#include "tests/simulation/world_note.h"

namespace sunder::simulation {

void World::SendCall(int which, const controller::Call& call) {
  if (which == 0 && calls_left_ && --*calls_left_ < 0) {
    if (*calls_left_ == -1) At(now_, [this] { KillController(); });
    return;
  }
  invariants_.MayTake(network.longest);
  invariants_.Sent(call.host, call);
  if (journal) {
    Note("controller ", which, " to ", call.host, ": ", Describe(call.request));
  }
  if (on_call && !on_call(call)) return;
  const uint64_t life = controllers_[which].life;
  const Now sent = now_;
  const auto arrive = [this, which, life, call, sent] {
    Arrive(which, life, call, sent);
  };
  if (Chance(network.lost)) {
    Note("  which is lost");
  } else {
    At(now_ + Delay(), arrive);
  }
  if (!Chance(network.repeated)) return;
  const Now again = now_ + 1000 * Delay() / 2;
  last_copy_ = std::max(last_copy_, again);
  At(again, arrive);
}

void World::Arrive(int which, uint64_t life, const controller::Call& call,
                   Now sent) {
  int index = 0;
  Node* node = Named(call.host, &index);
  if (node == nullptr || !node->to_host[which]) return;
  const auto answer = [this, which, life, id = call.id, sent, node,
                       what = journal ? Describe(call.request) : ""](
                          absl::StatusOr<controller::Response> reply) {
    const bool lost = !node->from_host[which] || Chance(network.lost);
    if (journal) {
      Note(node->name(), " to controller ", which, ": ", what, ": ",
           Describe(reply), lost ? ", which is lost" : "");
    }
    if (lost) return;
    At(now_ + Delay(), [this, which, life, id, sent, reply = std::move(reply)] {
      FromAgent(which, life, [this, id, sent, reply](controller::Core& core) {
        core.AgentReplied(id, reply, sent, now_);
      });
    });
  };
  ToNode(index, [this, which, node, request = call.request, answer] {
    if (node->alive()) {
      // What one controller heals, another one hears of as of any drift.
      if (std::holds_alternative<agent::v1::HealRequest>(request) &&
          controller_alive(1 - which) && !superseded(1 - which)) {
        invariants_.Drifted(node->name(), now_);
      }
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

void World::Report(int host, const agent::v1::Held& held) {
  Node& on = node(host);
  agent::v1::WatchResponse report;
  *report.mutable_stamp() = on.Stamp();
  *report.mutable_held() = held;
  for (int which = 0; which < 2; ++which) {
    if (!on.from_host[which] || Chance(network.lost)) continue;
    At(now_ + Delay(), [this, which, life = controllers_[which].life, report,
                        name = on.name()] {
      FromAgent(which, life, [name, report](controller::Core& core) {
        core.AgentReported(name, report);
      });
    });
  }
}

bool World::MayAct(int host) {
  if (on_action && !on_action(host)) {
    KillAgent(host);
    return false;
  }
  const auto interrupt = interrupts_.find(host);
  if (interrupt == interrupts_.end()) return true;
  if (interrupt->second.actions_left-- > 0) return true;
  const bool dies = interrupt->second.dies;
  interrupts_.erase(interrupt);
  if (dies) {
    KillAgent(host);
  } else {
    Note(node(host).name(), ": the agent is stopped");
    StopAgent(host);
  }
  return false;
}

void World::Pump(int host) {
  node(host).pumping = true;
  At(now_ + Delay() / 4, [this, host] {
    node(host).pumping = false;
    ToNode(host, [this, host] {
      Node& on = node(host);
      if (!on.alive() || !on.host().pending()) return;
      if (!MayAct(host)) return;
      const std::string what = journal ? Describe(on.host().next()) : "";
      if (!what.empty()) Note("  ", on.name(), ": ", what);
      on.CarryOutOne();
    });
  });
}

void World::AfterNode(int host) {
  Node& on = node(host);
  for (const auto& held : std::exchange(on.host().notified, {})) {
    if (watch_works && on.alive()) Report(host, held);
  }
  if (!on.alive()) return;
  if (on.host().pending() && !on.pumping) Pump(host);
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

}  // namespace sunder::simulation
