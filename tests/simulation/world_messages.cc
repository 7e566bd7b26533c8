// What goes between the controllers and the agents of the world.

#include <utility>

#include "tests/simulation/world.h"

namespace sunder::simulation {

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

}  // namespace sunder::simulation
