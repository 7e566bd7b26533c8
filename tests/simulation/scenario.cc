#include "tests/simulation/scenario.h"

#include "absl/strings/str_cat.h"
#include "common/error_detail.h"

namespace sunder::simulation {

using sunder::v1::FAULT_STATE_IN_FORCE;

uint64_t GenerationOf(const controller::Call& call) {
  return std::visit(
      [](const auto& request) -> uint64_t {
        if constexpr (requires { request.generation(); }) {
          return request.generation();
        }
        return 0;
      },
      call.request);
}

bool Ended(World& world, const std::string& id) {
  return controller::IsFinal(world.State(id));
}

std::string RefusalOf(World& world, int host, const controller::Call& call) {
  Node& node = world.node(host);
  std::string reason = "no answer";
  node.Deliver(call.request, [&reason](const auto& reply) {
    const auto detail = GetErrorDetail(reply.status());
    reason = detail ? detail->reason() : std::string(reply.status().message());
  });
  while (node.host().pending()) node.CarryOutOne();
  return reason;
}

void ExpectNothingIsLeft(World& world) {
  for (int host = 0; host < world.hosts(); ++host) {
    EXPECT_EQ(world.node(host).host().kernel().size(), 0u) << host;
  }
}

std::shared_ptr<bool> DieBeforeAction(World& world, int victim, int n,
                                      bool comes_back) {
  auto died = std::make_shared<bool>(false);
  world.on_action = [&world, victim, comes_back, died,
                     left = n](int host) mutable {
    if (host != victim || *died || left-- > 0) return true;
    *died = true;
    if (comes_back) {
      world.At(world.now() + absl::Milliseconds(300),
               [&world, victim] { world.StartAgent(victim); });
    }
    return false;
  };
  return died;
}

void Scenario::NewWorld(uint32_t seed) {
  world_ = std::make_unique<World>(hosts_, seed);
  world_->StartController();
  world_->RunFor(absl::Seconds(1));
}

void Scenario::BringInForce(absl::Duration duration,
                            sunder::v1::PartialPolicy policy) {
  id_ = world_->Create(3, duration, [policy](sunder::v1::FaultSpec& spec) {
    spec.set_on_partial(policy);
  });
  ASSERT_TRUE(RunUntilState(FAULT_STATE_IN_FORCE, absl::Seconds(2)))
      << View().DebugString();
  world_->RunFor(absl::Seconds(6));
  ASSERT_EQ(State(), FAULT_STATE_IN_FORCE) << View().DebugString();
}

std::string Scenario::DroppingOn() {
  std::string hosts;
  for (int host = 0; host < hosts_; ++host) {
    if (world_->Drops(host, id_)) absl::StrAppend(&hosts, host);
  }
  return hosts;
}

}  // namespace sunder::simulation
