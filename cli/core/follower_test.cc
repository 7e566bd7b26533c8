#include "cli/core/follower.h"

#include "cli/testing/faults.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::cli {
namespace {

using ::testing::HasSubstr;

BootInstant At(double seconds) {
  return BootInstant() + absl::Seconds(seconds);
}

v1::Fault Healing() {
  v1::Fault fault = HalvesInForce();
  fault.set_state(v1::FAULT_STATE_HEALING);
  return fault;
}

class FollowerTest : public testing::Test {
 protected:
  void Start(const Follower::Options& options) {
    follower_.emplace(options, HalvesStaged(), At(0));
  }
  // nullopt: it goes on.
  std::optional<ExitCode> Code() const {
    if (!follower_->outcome()) return std::nullopt;
    return follower_->outcome()->code;
  }
  std::optional<Follower> follower_;
};

TEST_F(FollowerTest, EndsWhenTheFaultIsInForceEverywhere) {
  Start({});
  follower_->Updated(HalvesStaged(), At(1));
  EXPECT_EQ(Code(), std::nullopt);
  follower_->Updated(HalvesInForce(), At(2));
  EXPECT_EQ(Code(), ExitCode::kDone);
  EXPECT_FALSE(follower_->wants_heal());
}

TEST_F(FollowerTest, AFailedFaultLeavesNothingAndItsReasonIsTold) {
  Start({});
  v1::Fault failed =
      WithState(HalvesStaged(), v1::FAULT_STATE_FAILED, v1::HOST_STATE_HEALED);
  failed.set_reason("n2 lacks nf_tables");
  follower_->Updated(failed, At(1));
  EXPECT_EQ(Code(), ExitCode::kFailed);
  EXPECT_EQ(follower_->outcome()->why, "n2 lacks nf_tables");
}

TEST_F(FollowerTest, AFaultThatWasHealedBeforeItWasSeenInForceIsNotInForce) {
  Start({});
  follower_->Updated(HalvesHealed(), At(1));
  EXPECT_EQ(Code(), ExitCode::kFailed);
}

TEST_F(FollowerTest, APartialFaultMayBeInForceSomewhere) {
  Start({});
  follower_->Updated(WithState(HalvesInForce(), v1::FAULT_STATE_PARTIAL,
                               v1::HOST_STATE_IN_FORCE),
                     At(1));
  EXPECT_EQ(Code(), ExitCode::kMayBeInForce);
}

TEST_F(FollowerTest, HealsWhatIsLateAndSaysWhoWas) {
  Start({.wait = absl::Seconds(5)});
  v1::Fault late = HalvesStaged();
  late.mutable_hosts(0)->set_state(v1::HOST_STATE_IN_FORCE);
  late.mutable_hosts(2)->set_error("no answer");
  follower_->Updated(late, At(4.9));
  EXPECT_FALSE(follower_->wants_heal());
  follower_->Tick(At(5));
  EXPECT_TRUE(follower_->wants_heal());
  follower_->HealAccepted();
  EXPECT_FALSE(follower_->wants_heal());
  EXPECT_EQ(Code(), std::nullopt);
  follower_->Updated(HalvesHealed(), At(6));
  EXPECT_EQ(Code(), ExitCode::kTimedOut);
  EXPECT_THAT(follower_->outcome()->why, HasSubstr("n2, n3 (no answer)"));
}

TEST_F(FollowerTest, LeavesWhatIsLateWhereAskedTo) {
  Start({.heal_on_timeout = false, .wait = absl::Seconds(5)});
  follower_->Tick(At(5));
  EXPECT_FALSE(follower_->wants_heal());
  EXPECT_EQ(Code(), ExitCode::kMayBeInForce);
}

TEST_F(FollowerTest, InForceAfterTheOrderToHealIsNotSuccess) {
  Start({.wait = absl::Seconds(5)});
  follower_->Tick(At(5));
  follower_->Updated(HalvesInForce(), At(5.1));
  EXPECT_EQ(Code(), std::nullopt);
  follower_->Updated(HalvesHealed(), At(5.2));
  EXPECT_EQ(Code(), ExitCode::kTimedOut);
}

TEST_F(FollowerTest, AnOrderToHealThatNobodyTakesEndsInDoubt) {
  Start({.wait = absl::Seconds(5), .heal_wait = absl::Seconds(15)});
  follower_->Tick(At(5));
  follower_->Tick(At(19.9));
  EXPECT_EQ(Code(), std::nullopt);
  EXPECT_TRUE(follower_->wants_heal());
  follower_->Tick(At(20));
  EXPECT_EQ(Code(), ExitCode::kMayBeInForce);
  EXPECT_THAT(follower_->outcome()->why, HasSubstr("did not take the order"));
}

TEST_F(FollowerTest, AHealThatDoesNotGetRoundEndsInDoubt) {
  Start({.wait = absl::Seconds(5), .heal_wait = absl::Seconds(15)});
  follower_->Tick(At(5));
  follower_->HealAccepted();
  follower_->Updated(Healing(), At(6));
  follower_->Tick(At(20));
  EXPECT_EQ(Code(), ExitCode::kMayBeInForce);
}

TEST_F(FollowerTest, AnInterruptBeforeItIsInForceHealsAndFails) {
  Start({});
  follower_->Interrupted(At(1));
  EXPECT_TRUE(follower_->wants_heal());
  follower_->HealAccepted();
  follower_->Updated(HalvesHealed(), At(2));
  EXPECT_EQ(Code(), ExitCode::kFailed);
}

TEST_F(FollowerTest, ASecondInterruptDoesNotWait) {
  Start({});
  follower_->Interrupted(At(1));
  follower_->Interrupted(At(1.1));
  EXPECT_EQ(Code(), ExitCode::kMayBeInForce);
}

TEST_F(FollowerTest, AHolderHealsWhenInterruptedAndIsDone) {
  Start({.hold = true});
  follower_->Updated(HalvesInForce(), At(1));
  EXPECT_TRUE(follower_->holding());
  EXPECT_EQ(Code(), std::nullopt);
  follower_->Interrupted(At(2));
  EXPECT_FALSE(follower_->holding());
  EXPECT_TRUE(follower_->wants_heal());
  follower_->HealAccepted();
  follower_->Updated(HalvesHealed(), At(3));
  EXPECT_EQ(Code(), ExitCode::kDone);
}

TEST_F(FollowerTest, AHolderIsDoneWhenTheTimeIsOver) {
  Start({.hold = true});
  follower_->Updated(HalvesInForce(), At(1));
  v1::Fault over = HalvesHealed();
  over.mutable_heal_began()->mutable_at()->set_seconds(70);
  follower_->Updated(over, At(61));
  EXPECT_EQ(Code(), ExitCode::kDone);
}

TEST_F(FollowerTest, AHolderFailsWhenTheFaultGoesEarly) {
  Start({.hold = true});
  follower_->Updated(HalvesInForce(), At(1));
  v1::Fault healed = HalvesHealed();
  healed.set_reason("n2 did not answer");
  follower_->Updated(healed, At(31));
  EXPECT_EQ(Code(), ExitCode::kFailed);
  EXPECT_THAT(follower_->outcome()->why, HasSubstr("n2 did not answer"));
}

TEST_F(FollowerTest, AHolderForgivesAShortSilenceAndNoLongOne) {
  Start({.hold = true, .patience = absl::Seconds(10)});
  follower_->Updated(HalvesInForce(), At(1));
  follower_->StreamLost(At(2));
  follower_->StreamLost(At(8));
  follower_->Updated(HalvesInForce(), At(9));
  follower_->Tick(At(15));
  EXPECT_EQ(Code(), std::nullopt);
  follower_->StreamLost(At(16));
  follower_->StreamLost(At(20));  // Broken all the time: counts from the first.
  follower_->Tick(At(26));
  EXPECT_EQ(Code(), ExitCode::kMayBeInForce);
}

TEST_F(FollowerTest, AHolderThatIsToldNothingGoesWhenTheTimeIsOver) {
  Start({.hold = true, .heal_wait = absl::Seconds(15)});
  follower_->Updated(HalvesInForce(), At(1));
  follower_->Tick(At(75.9));
  EXPECT_EQ(Code(), std::nullopt);
  follower_->Tick(At(76));
  EXPECT_EQ(Code(), ExitCode::kFailed);
}

TEST_F(FollowerTest, AFaultThatTheControllerDisownsMayBeInForce) {
  Start({});
  follower_->StreamRefused(absl::NotFoundError("no fault 3f2a"));
  EXPECT_EQ(Code(), ExitCode::kMayBeInForce);
  EXPECT_THAT(follower_->outcome()->why, HasSubstr("no fault 3f2a"));
}

TEST_F(FollowerTest, NothingChangesAnOutcome) {
  Start({});
  follower_->Updated(HalvesInForce(), At(1));
  follower_->Updated(HalvesHealed(), At(2));
  follower_->Interrupted(At(3));
  follower_->Tick(At(1000));
  follower_->StreamRefused(absl::NotFoundError(""));
  EXPECT_EQ(Code(), ExitCode::kDone);
  EXPECT_EQ(follower_->fault().state(), v1::FAULT_STATE_IN_FORCE);
}

}  // namespace
}  // namespace sunder::cli
