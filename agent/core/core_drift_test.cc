// Somebody else changes what is in force, and the kernel tells.

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/core/core_fixture.h"
#include "agent/core/limits.h"
#include "common/address.h"
#include "gmock/gmock.h"

namespace sunder::agent {
namespace {

class DriftTest : public CoreFixture {
 protected:
  // No call and no timer: whatever follows, follows from this.
  void Tell() {
    host.notified.clear();
    host.RulesetChanged({.gates = gates_});
  }
  void BringInForceForLong() {
    ASSERT_NO_FATAL_FAILURE(BringInForce());
    ASSERT_EQ(Outcome(KeepAlive(1, absl::Seconds(5))), "OK");
    gates_ = kernel().GatesOf(id);
    ASSERT_EQ(gates_.size(), 1u);
  }
  std::vector<v1::State> Said() const {
    std::vector<v1::State> states;
    states.reserve(host.notified.size());
    for (const v1::Held& held : host.notified) states.push_back(held.state());
    return states;
  }
  std::string ReasonSaidFirst() const {
    return host.notified.empty() ? "" : host.notified[0].reason();
  }

  std::set<GateId> gates_;
};

TEST_F(DriftTest, WhatWasRemovedIsSaidAtOnceWithoutAnyCall) {
  BringInForceForLong();
  kernel().RemoveAll();
  Tell();
  EXPECT_THAT(Said(),
              testing::ElementsAre(v1::STATE_DRIFTED, v1::STATE_EXPIRED));
  EXPECT_THAT(ReasonSaidFirst(), testing::HasSubstr("somebody else removed"));
}

TEST_F(DriftTest, WhatWasDamagedIsSaidBeforeItIsRemoved) {
  BringInForceForLong();
  kernel().Damage(id);
  host.by_hand = true;
  Tell();
  host.CarryOutOne();  // The read.
  ASSERT_TRUE(host.pending());
  host.CarryOutOne();
  EXPECT_THAT(Said(), testing::ElementsAre(v1::STATE_DRIFTED));
  EXPECT_TRUE(kernel().Has(id));
  host.CarryOutAll();
  EXPECT_THAT(Said(),
              testing::ElementsAre(v1::STATE_DRIFTED, v1::STATE_HEALED));
  EXPECT_FALSE(kernel().Has(id));
}

TEST_F(DriftTest, ALeaseThatIsTakenAwayBeforeItsTimeIsSaid) {
  BringInForceForLong();
  kernel().EndLease(*gates_.begin());
  Tell();
  EXPECT_THAT(Said(),
              testing::ElementsAre(v1::STATE_DRIFTED, v1::STATE_EXPIRED));
  EXPECT_THAT(ReasonSaidFirst(), testing::HasSubstr("before its time"));
}

TEST_F(DriftTest, ALeaseThatAKernelEndsATickEarlyIsNoDrift) {
  BringInForceForLong();
  host.RunFor(absl::Milliseconds(4992));
  kernel().EndLease(*gates_.begin());
  Tell();
  EXPECT_THAT(Said(), testing::ElementsAre(v1::STATE_EXPIRED));
  EXPECT_EQ(ReasonSaidFirst(), "its lease ran out");
}

TEST_F(DriftTest, AKeepAliveThatFindsTheLeaseTakenAwaySaysSo) {
  BringInForceForLong();
  kernel().EndLease(*gates_.begin());
  host.notified.clear();
  EXPECT_EQ(Outcome(KeepAlive(2, absl::Seconds(5))), "EXPIRED");
  EXPECT_THAT(Said(),
              testing::ElementsAre(v1::STATE_DRIFTED, v1::STATE_EXPIRED));
}

TEST_F(DriftTest, WhatIsAsItShouldBeIsReadOnceAndNothingIsSaid) {
  BringInForceForLong();
  const size_t before = kernel().reads();
  Tell();
  EXPECT_EQ(kernel().reads(), before + 1);
  EXPECT_THAT(Said(), testing::IsEmpty());
  EXPECT_EQ(State(), v1::STATE_IN_FORCE);
  host.RunFor(absl::Seconds(1));
  EXPECT_EQ(kernel().reads(), before + 1);
}

TEST_F(DriftTest, OnlyWhatIsConcernedIsRead) {
  BringInForceForLong();
  const size_t before = kernel().reads();
  host.RulesetChanged({.gates = {*gates_.begin() + 1}});
  EXPECT_EQ(kernel().reads(), before);
  host.RulesetChanged({.gates = {}, .anything = true});
  EXPECT_EQ(kernel().reads(), before + 1);
}

TEST_F(DriftTest, AChangeDuringAReadIsReadAgain) {
  BringInForceForLong();
  host.by_hand = true;
  Tell();
  host.CarryOutOne();  // It is read, and found well.
  kernel().RemoveAll();
  Tell();
  Tell();
  host.CarryOutAll();
  EXPECT_THAT(Said(),
              testing::ElementsAre(v1::STATE_DRIFTED, v1::STATE_EXPIRED));
}

TEST_F(DriftTest, AChangeWhileAKeepAliveIsInFlightIsReadAfterIt) {
  BringInForceForLong();
  host.by_hand = true;
  const CallId call = KeepAlive(2, absl::Seconds(5));
  host.CarryOutOne();  // The refresh;
  const size_t before = kernel().reads();
  host.CarryOutOne();  // its read is done,
  EXPECT_EQ(kernel().reads(), before + 1);
  kernel().Damage(id);
  Tell();  // and its answer not yet given.
  host.CarryOutAll();
  EXPECT_EQ(Outcome(call), "OK");
  EXPECT_THAT(Said(),
              testing::ElementsAre(v1::STATE_DRIFTED, v1::STATE_HEALED));
}

TEST_F(DriftTest, WhatCannotBeReadIsReadAgainAMomentLater) {
  BringInForceForLong();
  kernel().Damage(id);
  kernel().FailNext(ModelOp::kRead, absl::UnavailableError("busy"));
  kernel().FailNext(ModelOp::kRead, absl::UnavailableError("busy"));
  const size_t before = kernel().reads();
  Tell();
  EXPECT_EQ(kernel().reads(), before + 1);
  EXPECT_THAT(Said(), testing::IsEmpty());
  host.RunFor(2 * kFirstRetry);
  EXPECT_THAT(Said(),
              testing::ElementsAre(v1::STATE_DRIFTED, v1::STATE_HEALED));
}

TEST_F(DriftTest, WhatIsStagedAndGoneIsHealed) {
  Stage();
  gates_ = kernel().GatesOf(id);
  kernel().RemoveAll();
  Tell();
  EXPECT_THAT(Said(), testing::ElementsAre(v1::STATE_HEALED));
}

TEST_F(DriftTest, WhatDriftedIsNotCalledInForceThoughItCannotBeRemoved) {
  BringInForceForLong();
  kernel().Damage(id);
  for (const ModelOp op : {ModelOp::kShut, ModelOp::kRemove}) {
    kernel().FailNext(op, absl::UnavailableError("busy"));
  }
  Tell();
  EXPECT_EQ(State(), v1::STATE_DRIFTED);
  EXPECT_THAT(Said(),
              testing::ElementsAre(v1::STATE_DRIFTED, v1::STATE_DRIFTED));
  EXPECT_EQ(Outcome(KeepAlive(2, absl::Seconds(5))), "HEALING");
  host.RunFor(absl::Seconds(1));
  EXPECT_EQ(State(), v1::STATE_HEALED);
}

TEST_F(DriftTest, WhatCouldNotBeRemovedIsTriedAgainAtOnceWhenItChanges) {
  BringInForceForLong();
  const absl::Status full = absl::ResourceExhaustedError("memory");
  kernel().FailNext(ModelOp::kShut, full);
  kernel().FailNext(ModelOp::kRemove, full);
  Heal();
  ASSERT_EQ(State(), v1::STATE_IN_FORCE);
  kernel().Damage(id);
  Tell();
  EXPECT_FALSE(kernel().Has(id));
  EXPECT_EQ(State(), v1::STATE_HEALED);
}

TEST_F(DriftTest, ADriftedFaultIsNotAdoptedByTheNextLife) {
  BringInForceForLong();
  EXPECT_EQ(host.record().in_force_size(), 1);
  kernel().Damage(id);
  host.by_hand = true;
  Tell();
  for (int i = 0; i < 3; ++i) host.CarryOutOne();
  host.CarryOutAll();
  EXPECT_EQ(host.record().in_force_size(), 0);
}

// ---- Addresses.

class AddressTest : public DriftTest {
 protected:
  static std::vector<Address> Addresses(const std::vector<std::string>& texts) {
    std::vector<Address> addresses;
    addresses.reserve(texts.size());
    for (const std::string& text : texts) {
      addresses.push_back(*Address::Parse(text));
    }
    return addresses;
  }
  void SetUp() override {
    host.AddressesAre(Addresses({"10.0.0.1", "10.0.0.7"}));
    v1::StageRequest request = StageRequest(id);
    auto* flow = request.mutable_flows(0);
    flow->add_sources("10.0.0.2");
    flow->add_destinations("10.0.0.1");
    flow->add_destinations("10.8.0.1");  // Of somebody it forwards to.
    host.Stage(request);
    Arm();
    host.RunFor(absl::Milliseconds(100));
    ASSERT_EQ(State(), v1::STATE_IN_FORCE);
    host.notified.clear();
  }
};

TEST_F(AddressTest, AFaultEndsWithTheAddressThatItIsAbout) {
  host.AddressesAre(Addresses({"10.0.0.7"}));
  EXPECT_THAT(Said(),
              testing::ElementsAre(v1::STATE_DRIFTED, v1::STATE_HEALED));
  EXPECT_THAT(ReasonSaidFirst(), testing::StartsWith("10.0.0.1, whose"));
  EXPECT_FALSE(kernel().Has(id));
}

TEST_F(AddressTest, AFaultOfAllThatTheHostReceivesEndsWithTheHostsAddress) {
  v1::StageRequest request = StageRequest("f2");
  request.add_addresses("10.0.0.7");
  request.add_addresses("10.0.0.9");  // Which it never had.
  host.Stage(request);
  host.AddressesAre(Addresses({"10.0.0.1"}));
  EXPECT_EQ(host.HeldOf("f2")->state(), v1::STATE_HEALED);
  EXPECT_EQ(State(), v1::STATE_IN_FORCE);
}

TEST_F(AddressTest, OtherAddressesComeAndGo) {
  host.AddressesAre(Addresses({"10.0.0.1", "10.0.0.2", "10.8.0.1"}));
  host.AddressesAre(Addresses({"10.0.0.1"}));
  EXPECT_THAT(Said(), testing::IsEmpty());
  EXPECT_EQ(State(), v1::STATE_IN_FORCE);
}

TEST_F(AddressTest, TheNextLifeKnowsWhatItIsAbout) {
  host.Start();
  ASSERT_EQ(State(), v1::STATE_IN_FORCE);
  host.AddressesAre(Addresses({"10.0.0.7"}));
  EXPECT_EQ(State(), v1::STATE_HEALED);
}

}  // namespace
}  // namespace sunder::agent
