// What the tests of scenarios share: a world with one fault in it, and words
// for what is done to it and asked of it.

#ifndef SUNDER_TESTS_SIMULATION_SCENARIO_H_
#define SUNDER_TESTS_SIMULATION_SCENARIO_H_

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/simulation/world.h"

namespace sunder::simulation {

template <typename Request>
bool Is(const controller::Call& call) {
  return std::holds_alternative<Request>(call.request);
}

// The generation that a call is about; 0: none.
uint64_t GenerationOf(const controller::Call& call);

bool Ended(World& world, const std::string& id);

// A call reaches the agent of `host` just now, whenever it was sent. The reason
// of the refusal, or "" if it was granted.
std::string RefusalOf(World& world, int host, const controller::Call& call);

// No object of ours is in any host's kernel.
void ExpectNothingIsLeft(World& world);

// From now on the agent of host `victim` dies before the `n`th of its actions,
// and with `comes_back` is started again soon. True once it has died. Both
// live as long as the world.
std::shared_ptr<bool> DieBeforeAction(World& world, int victim, int n,
                                      bool comes_back);

// A fixture: a controller that knows its hosts' clocks, and one fault.
class Scenario : public testing::Test {
 protected:
  Scenario(int hosts, uint32_t seed) : hosts_(hosts) { NewWorld(seed); }

  // For the next round of a test of many.
  void NewWorld(uint32_t seed);

  // A fault on the hosts 0, 1 and 2, in force for longer than a lease.
  void BringInForce(absl::Duration duration = absl::Seconds(60),
                    sunder::v1::PartialPolicy policy =
                        sunder::v1::PARTIAL_POLICY_UNSPECIFIED);

  sunder::v1::Fault View() { return world_->View(id_); }
  sunder::v1::FaultState State() { return world_->State(id_); }
  bool HasEnded() { return Ended(*world_, id_); }
  bool RunUntilEnded(absl::Duration limit = absl::Seconds(20)) {
    return world_->RunUntil([this] { return HasEnded(); }, limit);
  }
  bool RunUntilState(sunder::v1::FaultState state,
                     absl::Duration limit = absl::Seconds(20)) {
    return world_->RunUntilState(id_, state, limit);
  }
  bool RunUntilWhole(absl::Duration limit = absl::Seconds(8)) {
    return RunUntilState(sunder::v1::FAULT_STATE_IN_FORCE, limit);
  }
  // The hosts that drop packets for it: "02" for the first and the third.
  std::string DroppingOn();
  bool Drops(int host, uint64_t generation) {
    return world_->node(host).host().kernel().Drops(id_, generation);
  }
  absl::Duration LongestPartial() {
    return world_->invariants().longest_partial(id_);
  }
  // But for what two looks at the kernels may be apart.
  void ExpectNeverPartial() { EXPECT_LE(LongestPartial(), kTolerance); }

  std::unique_ptr<World> world_;
  std::string id_;

 private:
  int hosts_;
};

}  // namespace sunder::simulation

#endif  // SUNDER_TESTS_SIMULATION_SCENARIO_H_
