// Two generations of one fault at one host: what moves when its members move.

#include <string>

#include "agent/core/core_fixture.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

class GenerationTest : public CoreFixture {
 protected:
  template <typename Request>
  static Request Of(uint64_t generation, Request request) {
    request.set_generation(generation);
    return request;
  }
  CallId StageOf(uint64_t generation) {
    return host.Stage(Of(generation, StageRequest(id)));
  }
  CallId ArmOf(uint64_t generation) {
    return host.Arm(Of(generation, ArmRequest(id)));
  }
  CallId KeepAliveOf(uint64_t generation, uint64_t number) {
    return host.KeepAlive(
        Of(generation, KeepAliveRequest(id, number, absl::Seconds(5))));
  }
  CallId HealOf(uint64_t generation) {
    return host.Heal(Of(generation, HealRequest(id)));
  }
  v1::State StateOf(uint64_t generation) {
    const auto held = host.HeldOf(id, generation);
    return held ? held->state() : v1::STATE_UNSPECIFIED;
  }
  void BringBothInForce() {
    BringInForce();
    StageOf(2);
    ArmOf(2);
    host.RunFor(absl::Milliseconds(100));
    ASSERT_EQ(StateOf(1), v1::STATE_IN_FORCE);
    ASSERT_EQ(StateOf(2), v1::STATE_IN_FORCE);
  }
};

TEST_F(GenerationTest, TheSwapIsThreeSteps) {
  BringInForce();
  EXPECT_EQ(Outcome(StageOf(2)), "OK");
  EXPECT_EQ(kernel().size(), 2u);
  EXPECT_FALSE(kernel().Drops(id, 2));
  EXPECT_EQ(Outcome(ArmOf(2)), "OK");
  EXPECT_FALSE(kernel().Drops(id, 2));
  host.RunFor(absl::Milliseconds(100));
  EXPECT_TRUE(kernel().Drops(id, 1));
  EXPECT_TRUE(kernel().Drops(id, 2));
  const CallId heal = HealOf(1);
  EXPECT_EQ(Outcome(heal), "OK");
  EXPECT_EQ(Said(heal).generation(), 1u);
  EXPECT_EQ(Said(heal).state(), v1::STATE_HEALED);
  EXPECT_FALSE(Said(heal).whole());
  EXPECT_FALSE(kernel().Has(id, 1));
  EXPECT_TRUE(kernel().Drops(id, 2));
  EXPECT_EQ(StateOf(2), v1::STATE_IN_FORCE);
}

TEST_F(GenerationTest, EachHasALeaseOfItsOwn) {
  BringBothInForce();
  EXPECT_EQ(Outcome(KeepAliveOf(2, 1)), "OK");
  host.RunFor(absl::Seconds(2));
  EXPECT_EQ(StateOf(1), v1::STATE_EXPIRED);
  EXPECT_EQ(StateOf(2), v1::STATE_IN_FORCE);
  EXPECT_EQ(Outcome(KeepAliveOf(1, 2)), "EXPIRED");
  EXPECT_EQ(Outcome(KeepAliveOf(2, 2)), "OK");
}

TEST_F(GenerationTest, AnEarlierOneNeverComesAfterALaterOne) {
  StageOf(2);
  EXPECT_EQ(Outcome(StageOf(1)), "WRONG_GENERATION");
  HealOf(2);
  EXPECT_EQ(Outcome(StageOf(1)), "TOMBSTONE");
  EXPECT_EQ(Outcome(StageOf(2)), "TOMBSTONE");
  EXPECT_EQ(Outcome(ArmOf(1)), "TOMBSTONE");
  EXPECT_EQ(Outcome(StageOf(3)), "OK");
}

TEST_F(GenerationTest, HealingTheWholeEndsEveryGenerationForGood) {
  BringBothInForce();
  host.by_hand = true;
  const CallId heal = HealOf(0);
  while (kernel().size() > 1) host.CarryOutOne();
  EXPECT_EQ(Outcome(heal), "no answer");
  host.CarryOutAll();
  EXPECT_EQ(Outcome(heal), "OK");
  EXPECT_EQ(kernel().size(), 0u);
  EXPECT_TRUE(Said(heal).whole());
  host.by_hand = false;
  for (uint64_t generation = 1; generation < 5; ++generation) {
    EXPECT_NE(Outcome(StageOf(generation)), "OK") << generation;
  }
  EXPECT_EQ(kernel().size(), 0u);
}

TEST_F(GenerationTest, NoneIsStagedWhileTheWholeIsHealed) {
  BringInForce();
  host.by_hand = true;
  HealOf(0);
  const CallId stage = StageOf(2);
  host.CarryOutAll();
  EXPECT_EQ(Outcome(stage), "HEALING");
}

TEST_F(GenerationTest, HealingTheWholeWhereNothingIsCoversEveryGeneration) {
  EXPECT_EQ(Outcome(HealOf(0)), "OK");
  EXPECT_EQ(Outcome(StageOf(1)), "TOMBSTONE");
  EXPECT_EQ(Outcome(StageOf(7)), "TOMBSTONE");
}

TEST_F(GenerationTest, HealingTheWholeAfterOneEndedCoversEveryGeneration) {
  BringInForce();
  HealOf(1);
  HealOf(0);
  EXPECT_EQ(Outcome(StageOf(2)), "TOMBSTONE");
}

TEST_F(GenerationTest, AHealOfOneThatOvertakesItsStageWins) {
  BringInForce();
  const CallId heal = HealOf(2);
  EXPECT_EQ(Outcome(heal), "OK");
  EXPECT_EQ(Outcome(StageOf(2)), "TOMBSTONE");
  EXPECT_EQ(StateOf(1), v1::STATE_IN_FORCE);
  EXPECT_EQ(Outcome(StageOf(3)), "OK");
}

TEST_F(GenerationTest, AHealThatTheKernelRefusesIsRefusedForWhomItConcerns) {
  BringBothInForce();
  kernel().FailNext(ModelOp::kRemove, absl::UnavailableError("busy"));
  EXPECT_NE(Outcome(HealOf(1)), "OK");
  EXPECT_EQ(Outcome(HealOf(2)), "OK");
  EXPECT_EQ(Outcome(HealOf(1)), "OK");
  EXPECT_EQ(kernel().size(), 0u);
}

TEST_F(GenerationTest, ANewLifeAdoptsBothAndKeepsTheTombstones) {
  BringBothInForce();
  host.Start();
  EXPECT_EQ(StateOf(1), v1::STATE_IN_FORCE);
  EXPECT_EQ(StateOf(2), v1::STATE_IN_FORCE);
  HealOf(0);
  host.Start();
  EXPECT_EQ(Outcome(StageOf(3)), "TOMBSTONE");
}

TEST_F(GenerationTest, ANewLifeSweepsOneThatWasNotYetOpen) {
  BringInForce();
  StageOf(2);
  ArmOf(2);
  host.Start();
  EXPECT_EQ(StateOf(1), v1::STATE_IN_FORCE);
  EXPECT_EQ(StateOf(2), v1::STATE_HEALED);
  EXPECT_FALSE(kernel().Has(id, 2));
}

// Brings generation 1 in force, swaps it for 2, and dies before the `n`th
// action of that. False: there are fewer.
bool SwapAndDie(int n) {
  class Host : public GenerationTest {
   public:
    void TestBody() override {}
    bool Run(int n) {
      BringInForce();
      host.by_hand = true;
      left_ = n;
      StageOf(2);
      if (CarryOut()) ArmOf(2);
      if (CarryOut()) host.RunFor(absl::Milliseconds(100));
      if (CarryOut()) HealOf(1);
      if (CarryOut()) return false;
      host.Start();
      host.CarryOutAll();
      EXPECT_TRUE(kernel().Drops(id));
      host.by_hand = false;
      host.RunFor(absl::Seconds(3));
      EXPECT_EQ(kernel().size(), 0u);
      return true;
    }

   private:
    // False: it died.
    bool CarryOut() {
      while (host.alive() && host.pending()) {
        if (left_-- == 0) {
          host.Kill();
        } else {
          host.CarryOutOne();
        }
        EXPECT_TRUE(kernel().Drops(id));
      }
      return host.alive();
    }
    int left_ = 0;
  };
  return Host().Run(n);
}

TEST(Generations, AtAnyDeathDuringTheSwapTheFaultGoesOnUntilItsLease) {
  int deaths = 0;
  while (SwapAndDie(deaths)) ++deaths;
  EXPECT_GT(deaths, 12);
}

}  // namespace
}  // namespace sunder::agent
