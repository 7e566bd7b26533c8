// Thousands of random steps: repeated, reordered and late calls, kills between
// any two actions, stopped agents, clock steps, failing kernels. Whatever
// comes, the invariants of the protocol hold.

#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "agent/core/core_fixture.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

class Walk : public CoreFixture {
 public:
  explicit Walk(uint32_t seed) : random_(seed) {
    host.on_said = [this](const v1::Held& held) { HearWhatIsSaid(held); };
  }
  void TestBody() override {}

  void Step() {
    const std::string fault = absl::StrCat("f", Draw(6) + 6 * era_);
    if (!host.alive()) {
      if (Draw(3) == 0) host.Start();
    } else {
      Act(fault);
    }
    CheckInvariants();
    // Old faults make room for new ones; their ids are never used again.
    if (Draw(200) == 0) ++era_;
  }

  int times_in_force() const { return times_in_force_; }

 private:
  uint32_t Draw(uint32_t below) { return random_() % below; }
  absl::Duration DrawMillis(uint32_t below) {
    return absl::Milliseconds(Draw(below));
  }

  // Mostly the first: a fault that nobody changes.
  uint64_t DrawGeneration() { return Draw(4) == 0 ? 2 : 1; }

  void Act(const std::string& fault) {
    switch (Draw(16)) {
      case 0:
      case 1:
        stages_.push_back(StageRequest(fault));
        stages_.back().set_generation(DrawGeneration());
        host.Stage(stages_.back());
        break;
      case 2:
      case 3:
        arms_.push_back(ArmRequest(fault));
        arms_.back().set_generation(DrawGeneration());
        host.Arm(arms_.back());
        break;
      case 4:
      case 5:
      case 6:
      case 7:
        keep_alives_.push_back(
            KeepAliveRequest(fault, ++number_, DrawMillis(7000)));
        keep_alives_.back().set_generation(DrawGeneration());
        host.KeepAlive(keep_alives_.back());
        break;
      case 8:
        if (Draw(3) == 0) {
          v1::HealRequest heal = HealRequest(fault);
          heal.set_generation(Draw(3));
          host.Heal(heal);
        }
        break;
      case 9:  // Late, repeated, reordered; perhaps with a fresh not-after.
        if (!stages_.empty()) host.Stage(Again(stages_));
        if (!arms_.empty()) host.Arm(Again(arms_));
        if (!keep_alives_.empty()) host.KeepAlive(Again(keep_alives_));
        break;
      case 10:
        if (host.by_hand) host.CarryOutAll();
        host.by_hand = !host.by_hand;
        break;
      case 11:
        if (host.pending()) host.CarryOutOne();
        break;
      case 12:
        if (Draw(10) == 0) host.Kill();
        break;
      case 13:
        if (Draw(2)) {
          kernel().FailNext(static_cast<ModelOp>(Draw(6)), Failure());
        } else {  // Only this error may hide a success.
          kernel().FailNext(static_cast<ModelOp>(Draw(6)),
                            absl::DataLossError("?"), true);
        }
        break;
      case 14:
        if (Draw(8) == 0) {
          host.StepWall(Draw(2) ? absl::Hours(1) : -absl::Hours(1));
        } else if (Draw(8) == 0) {
          clock.now = clock.now + DrawMillis(4000);  // A stopped agent.
        }
        break;
      default:
        host.RunFor(DrawMillis(400));
    }
  }

  absl::Status Failure() {
    switch (Draw(3)) {
      case 0:
        return absl::DataLossError("?");
      case 1:
        return absl::ResourceExhaustedError("memory");
      default:
        return absl::UnavailableError("busy");
    }
  }

  template <typename Request>
  Request Again(const std::vector<Request>& requests) {
    Request request = requests[Draw(requests.size())];
    if (Draw(2)) *request.mutable_caller() = Caller();
    return request;
  }

  void HearWhatIsSaid(const v1::Held& held) {
    const std::string& fault = held.fault_id();
    const uint64_t generation = held.generation();
    if (held.state() == v1::STATE_HEALED || held.state() == v1::STATE_EXPIRED) {
      EXPECT_FALSE(kernel().Drops(fault, generation))
          << held.ShortDebugString();
      ended_.insert({fault, generation});
    } else {
      EXPECT_FALSE(ended_.contains({fault, generation}))
          << "said to be back: " << held.ShortDebugString();
    }
    // With a reason: as last read, and it could not be read since.
    if (held.state() == v1::STATE_IN_FORCE && held.reason().empty() &&
        !host.by_hand) {
      EXPECT_TRUE(kernel().Drops(fault, generation)) << held.ShortDebugString();
      ++times_in_force_;
    }
  }

  void CheckInvariants() {
    for (const auto& [fault, generation] : ended_) {
      ASSERT_FALSE(kernel().Drops(fault, generation))
          << fault << "/" << generation << " came back";
    }
    for (uint32_t i = 0; i < 6 * (era_ + 1); ++i) {
      const std::string fault = absl::StrCat("f", i);
      if (!kernel().Drops(fault)) continue;
      ASSERT_LT(now(), *kernel().LatestExpiry(fault));
      ASSERT_LE(*kernel().LatestExpiry(fault) - now(), absl::Seconds(60));
    }
  }

  std::mt19937 random_;
  uint32_t era_ = 0;
  uint64_t number_ = 0;
  int times_in_force_ = 0;
  // By fault and generation; 0: all of it.
  std::set<std::pair<std::string, uint64_t>> ended_;
  std::vector<v1::StageRequest> stages_;
  std::vector<v1::ArmRequest> arms_;
  std::vector<v1::KeepAliveRequest> keep_alives_;
};

TEST(RandomWalk, TheInvariantsHoldWhateverComes) {
  int times_in_force = 0;
  for (uint32_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    Walk walk(seed);
    for (int i = 0; i < 1500; ++i) {
      walk.Step();
      if (testing::Test::HasFailure()) return;
    }
    times_in_force += walk.times_in_force();
  }
  // It did go where it matters.
  EXPECT_GT(times_in_force, 100);
}

}  // namespace
}  // namespace sunder::agent
