// A random walk: faults come and go while agents, hosts, controllers, clocks
// and the network misbehave. The invariants are checked at each step; at the
// end everything comes to rest. A failure names its seed.

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "gtest/gtest.h"
#include "tests/simulation/world.h"

namespace sunder::simulation {
namespace {

constexpr int kHosts = 3;
constexpr int kSteps = 5000;  // Of each walk, before it comes to rest.
constexpr int kEnough = 20;   // Walks, for each kind of thing to happen.

class Walk {
 public:
  explicit Walk(uint32_t seed) : world_(kHosts, seed) {
    world_.network.lost = Pick(2) == 0 ? 0 : 0.01;
    world_.network.repeated = Pick(2) == 0 ? 0 : 0.05;
    world_.watch_works = Pick(4) != 0;
    world_.StartController();
  }

  void Run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      if (Pick(60) == 0) Disturb();
      if (!world_.StepOnce()) world_.RunFor(absl::Milliseconds(100));
    }
    ComeToRest();
  }

  // How many faults followed their members.
  int Followed() {
    return static_cast<int>(std::count_if(
        ids_.begin(), ids_.end(),
        [this](const auto& id) { return world_.View(id).generation() > 1; }));
  }
  // How many faults dropped anything: a walk that does nothing proves nothing.
  int Dropped() {
    return static_cast<int>(
        std::count_if(ids_.begin(), ids_.end(), [this](const auto& id) {
          return world_.invariants().ever_dropped(id);
        }));
  }

 private:
  int Pick(int n) { return static_cast<int>(world_.random()() % n); }

  void Disturb() {
    const int host = Pick(kHosts);
    switch (Pick(20)) {
      case 0:
      case 1:
      case 2:
        if (world_.controller_alive() && ids_.size() < 40) {
          ids_.push_back(
              world_.Create(1 + Pick(kHosts), absl::Seconds(1 + Pick(15))));
        }
        break;
      case 3:
        if (world_.controller_alive() && !ids_.empty()) {
          world_.Heal(ids_[Pick(static_cast<int>(ids_.size()))]);
        }
        break;
      case 4:
        if (world_.node(host).alive()) world_.KillAgent(host);
        break;
      case 5:
      case 6:
        if (!world_.node(host).alive()) world_.StartAgent(host);
        break;
      case 7:
        world_.StopAgent(host);
        break;
      case 8:
      case 9:
        world_.ContinueAgent(host);
        break;
      case 10:
        if (Pick(3) == 0) world_.Disconnect(host, true);
        break;
      case 11:
      case 12:
        world_.Disconnect(host, false);
        break;
      case 13:
        if (Pick(4) == 0) world_.Reboot(host);
        break;
      case 14:
        if (Pick(2) == 0) world_.KillController();
        break;
      case 15:
      case 16:
      case 17:
      case 18:
        if (world_.controller_alive() && !ids_.empty()) Move();
        break;
      default:
        if (!world_.controller_alive()) world_.StartController();
        if (Pick(10) == 0) {
          world_.StepWallClock(host, absl::Seconds(5 - Pick(9)));
        }
        break;
    }
  }

  // One of the last faults, which may still live.
  void Move() {
    const int last = static_cast<int>(ids_.size()) - 1;
    std::vector<int> on;
    for (int host = 0; host < kHosts; ++host) {
      if (Pick(4) != 0) on.push_back(host);
    }
    const std::string& id = ids_[std::max(0, last - Pick(4))];
    if (on.empty()) return world_.MoveAway(id);
    world_.Move(id, on, Pick(2) == 0 ? "" : std::to_string(Pick(3)));
  }

  void ComeToRest() {
    world_.network.lost = world_.network.repeated = 0;
    for (int host = 0; host < kHosts; ++host) {
      world_.Disconnect(host, false);
      world_.ContinueAgent(host);
      if (!world_.node(host).alive()) world_.StartAgent(host);
    }
    if (!world_.controller_alive()) world_.StartController();
    world_.RunFor(absl::Seconds(40));
    for (const auto& id : ids_) {
      if (!world_.disk.records.contains(id)) {
        // The controller died before the record was written: before that
        // nothing is sent to anybody.
        EXPECT_FALSE(world_.invariants().ever_dropped(id)) << id;
        continue;
      }
      EXPECT_TRUE(controller::IsFinal(world_.State(id)))
          << world_.View(id).ShortDebugString();
    }
    for (int host = 0; host < kHosts; ++host) {
      EXPECT_EQ(world_.node(host).host().kernel().size(), 0u);
    }
  }

  World world_;
  std::vector<std::string> ids_;
};

int Setting(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  int value = otherwise;
  if (text != nullptr && !absl::SimpleAtoi(text, &value)) return otherwise;
  return value;
}

// SUNDER_WALK_SEED and SUNDER_WALKS choose the first seed and how many.
TEST(Walk, HoldsTheInvariantsAtEachStepAndComesToRest) {
  const int first = Setting("SUNDER_WALK_SEED", 1);
  const int walks = Setting("SUNDER_WALKS", kEnough);
  int dropped = 0, followed = 0;
  for (int seed = first; seed < first + walks; ++seed) {
    SCOPED_TRACE(testing::Message() << "SUNDER_WALK_SEED=" << seed);
    Walk walk(static_cast<uint32_t>(seed));
    walk.Run(kSteps);
    dropped += walk.Dropped();
    followed += walk.Followed();
    if (HasFailure()) break;
  }
  if (walks >= kEnough) {  // Of one that is tried again little can be said.
    EXPECT_GT(dropped, walks);
    EXPECT_GE(followed, walks / kEnough);
  }
  std::cout << "walks: " << walks << " of " << kSteps << " steps from seed "
            << first << ": " << dropped << " faults dropped packets, "
            << followed << " followed their members\n";
}

}  // namespace
}  // namespace sunder::simulation
