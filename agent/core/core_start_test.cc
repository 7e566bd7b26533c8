// The agent dies and starts again.

#include "absl/time/time.h"
#include "agent/core/core_fixture.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

class StartTest : public CoreFixture {
 protected:
  void Restart() {
    host.Kill();
    host.Start();
  }
};

TEST_F(StartTest, WhatIsInForceIsAdopted) {
  BringInForce();
  const v1::Held before = *host.HeldOf(id);
  const BootInstant expiry = *kernel().LatestExpiry(id);
  Restart();
  EXPECT_TRUE(kernel().Drops(id));
  EXPECT_EQ(State(), v1::STATE_IN_FORCE);
  EXPECT_EQ(host.HeldOf(id)->in_force_ns(), before.in_force_ns());
  EXPECT_EQ(host.HeldOf(id)->expiry_ns(), expiry.nanos());
  EXPECT_EQ(host.HeldOf(id)->end_ns(), before.end_ns());
  EXPECT_EQ(Outcome(KeepAlive(1, absl::Seconds(5))), "OK");
}

TEST_F(StartTest, AnAdoptedFaultStillEndsByItself) {
  BringInForce();
  const BootInstant expiry = *kernel().LatestExpiry(id);
  Restart();
  host.RunUntil(expiry);
  EXPECT_EQ(State(), v1::STATE_EXPIRED);
  EXPECT_FALSE(kernel().Has(id));
}

TEST_F(StartTest, WhatIsNotOpenYetIsSwept) {
  Stage();
  Restart();
  EXPECT_EQ(kernel().size(), 0u);
  EXPECT_EQ(Outcome(Arm()), "TOMBSTONE");
  host.Stage(StageRequest("f2"));
  host.Arm(ArmRequest("f2"));
  Restart();
  host.RunFor(absl::Seconds(1));
  EXPECT_EQ(kernel().size(), 0u);
}

TEST_F(StartTest, WhatCannotBeSweptIsToldAsWhatItStillIs) {
  BringInForce();
  host.Kill();
  host.LoseRecord();
  kernel().FailNext(ModelOp::kShut, absl::ResourceExhaustedError("memory"));
  kernel().FailNext(ModelOp::kRemove, absl::ResourceExhaustedError("memory"));
  host.Start();
  EXPECT_TRUE(kernel().Drops(id));
  EXPECT_EQ(State(), v1::STATE_IN_FORCE);
  EXPECT_EQ(host.HeldOf(id)->expiry_ns(), kernel().LatestExpiry(id)->nanos());
  host.RunFor(absl::Milliseconds(100));
  EXPECT_EQ(State(), v1::STATE_HEALED);
  EXPECT_FALSE(kernel().Has(id));
}

TEST_F(StartTest, WhatTheRecordDoesNotKnowIsSwept) {
  BringInForce();
  host.Kill();
  host.LoseRecord();
  host.Start();
  EXPECT_EQ(kernel().size(), 0u);
  EXPECT_EQ(State(), v1::STATE_HEALED);
  ASSERT_EQ(host.core().start_report().size(), 1u);
}

TEST_F(StartTest, WhatExpiredOrWasBrokenMeanwhileIsSwept) {
  BringInForce();
  host.Kill();
  clock.now = clock.now + absl::Seconds(2);
  host.Start();
  EXPECT_EQ(kernel().size(), 0u);

  host.Stage(StageRequest("f2"));
  host.Arm(ArmRequest("f2"));
  host.RunFor(absl::Milliseconds(100));
  host.Kill();
  kernel().Damage("f2");
  host.Start();
  EXPECT_EQ(kernel().size(), 0u);
}

TEST_F(StartTest, RequestsForTheLastLifeAreRefused) {
  BringInForce();
  const v1::KeepAliveRequest late = KeepAliveRequest(id, 1, absl::Seconds(5));
  Restart();
  EXPECT_EQ(Outcome(host.KeepAlive(late)), "WRONG_INCARNATION");
}

TEST_F(StartTest, TermsAndTombstonesOutliveTheAgent) {
  BringInForce();
  Heal();
  Restart();
  EXPECT_EQ(Outcome(Stage()), "TOMBSTONE");
  v1::StageRequest older = StageRequest("f2");
  older.mutable_caller()->set_term(6);
  EXPECT_EQ(Outcome(host.Stage(older)), "STALE_TERM");
}

TEST_F(StartTest, AfterARebootOnlyTheTermIsLeft) {
  BringInForce();
  const v1::KeepAliveRequest late = KeepAliveRequest(id, 1, absl::Seconds(5));
  host.Reboot();
  host.Start();
  EXPECT_TRUE(host.core().Held().empty());
  EXPECT_EQ(host.core().StampAt(now()).highest_term(), 7u);
  EXPECT_EQ(Outcome(host.KeepAlive(late)), "WRONG_INCARNATION");
  EXPECT_EQ(Outcome(KeepAlive(1, absl::Seconds(5))), "UNKNOWN_FAULT");
}

TEST_F(StartTest, WhatCannotBeSweptIsTriedAgain) {
  Stage();
  host.Kill();
  kernel().FailNext(ModelOp::kRemove, absl::ResourceExhaustedError("memory"));
  host.Start();
  EXPECT_TRUE(kernel().Has(id));
  host.RunFor(absl::Seconds(1));
  EXPECT_FALSE(kernel().Has(id));
}

// The agent is killed after each of the actions of a fault's life in turn; the
// kernel heals by the last expiry, and the next life leaves nothing behind.
TEST(Kill, AtAnyPointLeavesNothingBehindTheLastExpiry) {
  struct Driver : CoreFixture {
    void TestBody() override {}
    // True if the whole life took fewer than `steps` actions.
    bool Run(int steps) {
      bool done = true;
      const auto carry_out = [&] {
        while (host.alive() && host.pending()) {
          if (steps-- == 0) {
            done = false;
            return host.Kill();
          }
          host.CarryOutOne();
        }
      };
      host.by_hand = true;
      const auto call = [&](auto make) {
        if (!host.alive()) return;
        make();
        carry_out();
      };
      call([&] { Stage(); });
      call([&] { Arm(); });
      clock.now = clock.now + absl::Milliseconds(100);
      call([&] { host.Timer(); });
      call([&] { KeepAlive(1, absl::Seconds(5)); });
      call([&] { Heal(); });
      EXPECT_TRUE(done || !host.alive());
      host.by_hand = false;
      if (done) host.Kill();

      const auto expiry = kernel().LatestExpiry(id);
      const bool had = kernel().Drops(id);
      host.Start();
      EXPECT_TRUE(!kernel().Drops(id) || had);
      EXPECT_EQ(kernel().Has(id), State() == v1::STATE_IN_FORCE);
      if (expiry) host.RunUntil(*expiry);
      EXPECT_FALSE(kernel().Drops(id));
      EXPECT_EQ(kernel().size(), 0u);
      return done;
    }
  };
  int steps = 0;
  while (!Driver().Run(steps)) ++steps;
  EXPECT_GT(steps, 15);
}

}  // namespace
}  // namespace sunder::agent
