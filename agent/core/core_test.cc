// Stage and Arm.

#include "agent/core/core.h"

#include <limits>
#include <memory>
#include <variant>
#include <vector>

#include "agent/core/core_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

using CoreTest = CoreFixture;

TEST_F(CoreTest, AStagedFaultIsInTheKernelAndDropsNothing) {
  const CallId call = Stage();
  EXPECT_EQ(Outcome(call), "OK");
  EXPECT_EQ(Said(call).state(), v1::STATE_STAGED);
  EXPECT_TRUE(kernel().Has(id));
  EXPECT_FALSE(kernel().Drops(id));
}

TEST_F(CoreTest, AnArmedFaultDropsFromItsStartAndIsInForceWhenReadBack) {
  Stage();
  const BootInstant start = now() + absl::Milliseconds(100);
  EXPECT_EQ(Said(Arm()).state(), v1::STATE_ARMED);
  host.RunUntil(start - absl::Nanoseconds(1));
  EXPECT_FALSE(kernel().Drops(id));
  EXPECT_EQ(State(), v1::STATE_ARMED);
  host.RunUntil(start);
  EXPECT_TRUE(kernel().Drops(id));
  EXPECT_EQ(State(), v1::STATE_IN_FORCE);
  EXPECT_EQ(host.HeldOf(id)->in_force_ns(), start.nanos());
}

TEST_F(CoreTest, WatchersHearOfEachState) {
  BringInForce();
  Heal();
  std::vector<v1::State> states;
  states.reserve(host.notified.size());
  for (const v1::Held& held : host.notified) states.push_back(held.state());
  EXPECT_THAT(states,
              testing::ElementsAre(v1::STATE_STAGED, v1::STATE_ARMED,
                                   v1::STATE_IN_FORCE, v1::STATE_HEALED));
}

TEST_F(CoreTest, RepeatedCallsAreAnsweredAndNotDoneAgain) {
  const v1::StageRequest stage = StageRequest(id);
  host.Stage(stage);
  EXPECT_EQ(Outcome(host.Stage(stage)), "OK");
  EXPECT_EQ(kernel().size(), 1u);
  const v1::ArmRequest arm = ArmRequest(id);
  host.Arm(arm);
  EXPECT_EQ(Said(host.Arm(arm)).state(), v1::STATE_ARMED);
  EXPECT_EQ(Said(host.Stage(stage)).state(), v1::STATE_ARMED);
  host.RunFor(absl::Milliseconds(100));
  EXPECT_EQ(Said(host.Arm(arm)).state(), v1::STATE_IN_FORCE);
  EXPECT_EQ(*kernel().LatestExpiry(id),
            BootInstant::FromNanos(arm.expiry_ns()));
}

TEST_F(CoreTest, ARepeatedStageDoesNotLengthenTheTimeToLive) {
  Stage();
  host.RunFor(absl::Seconds(29));
  EXPECT_EQ(Outcome(Stage()), "OK");
  host.RunFor(absl::Seconds(1));
  EXPECT_EQ(State(), v1::STATE_HEALED);
  EXPECT_FALSE(kernel().Has(id));
}

TEST_F(CoreTest, WhatIsNotArmedInTimeIsSwept) {
  v1::StageRequest request = StageRequest(id);
  request.set_time_to_live_ns(5'000'000'000);
  host.Stage(request);
  host.RunFor(absl::Milliseconds(4999));
  EXPECT_EQ(State(), v1::STATE_STAGED);
  host.RunFor(absl::Milliseconds(1));
  EXPECT_EQ(State(), v1::STATE_HEALED);
  EXPECT_FALSE(kernel().Has(id));
  EXPECT_EQ(Outcome(Arm()), "TOMBSTONE");
}

TEST_F(CoreTest, OneGenerationHasOneSetOfFlows) {
  Stage();
  v1::StageRequest other = StageRequest(id);
  other.set_digest("another");
  EXPECT_EQ(Outcome(host.Stage(other)), "OTHER_DIGEST");
  v1::ArmRequest arm = ArmRequest(id);
  arm.set_generation(2);
  EXPECT_EQ(Outcome(host.Arm(arm)), "WRONG_GENERATION");
  EXPECT_EQ(State(), v1::STATE_STAGED);
}

TEST_F(CoreTest, AnArmThatComesAtItsStartOrLaterIsRefused) {
  Stage();
  v1::ArmRequest arm = ArmRequest(id);
  host.RunFor(absl::Milliseconds(100));
  EXPECT_EQ(Outcome(host.Arm(arm)), "START_PASSED");
  host.RunFor(absl::Seconds(5));
  EXPECT_FALSE(kernel().Drops(id));
}

TEST_F(CoreTest, AnArmWithoutStageIsRefused) {
  EXPECT_EQ(Outcome(Arm()), "UNKNOWN_FAULT");
  EXPECT_EQ(kernel().size(), 0u);
}

TEST_F(CoreTest, AnArmedFaultIsNotArmedForAnotherInstant) {
  Stage();
  Arm();
  host.RunFor(absl::Milliseconds(1));
  EXPECT_EQ(Outcome(Arm()), "ALREADY_ARMED");
}

TEST_F(CoreTest, TheFirstExpiryIsClippedToTheEnd) {
  Stage();
  v1::ArmRequest arm = ArmRequest(id);
  arm.set_end_ns(arm.start_ns() + 300'000'000);
  EXPECT_EQ(Said(host.Arm(arm)).expiry_ns(), arm.end_ns());
  host.RunFor(absl::Seconds(2));
  EXPECT_EQ(kernel().LatestExpiry(id)->nanos(), arm.end_ns());
}

TEST_F(CoreTest, TheEdgesOfEachFieldOfStage) {
  const auto outcome = [&](auto spoil) {
    v1::StageRequest request = StageRequest("edge");
    spoil(request);
    return Outcome(host.Stage(request));
  };
  const auto spoiled = [&](auto spoil) {
    EXPECT_EQ(outcome(spoil), "INVALID_FIELD");
    EXPECT_FALSE(kernel().Has("edge"));
  };
  spoiled([](auto& r) { r.set_fault_id(""); });
  spoiled([](auto& r) { r.set_fault_id("a b"); });
  spoiled([](auto& r) { r.set_fault_id(std::string(65, 'a')); });
  spoiled([](auto& r) { r.set_generation(0); });
  spoiled([](auto& r) { r.clear_digest(); });
  spoiled([](auto& r) { r.set_digest(std::string(65, 'a')); });
  spoiled([](auto& r) { r.set_time_to_live_ns(-1); });
  spoiled([](auto& r) { r.set_time_to_live_ns(601'000'000'000); });
  spoiled([](auto& r) { r.clear_flows(); });
  spoiled([](auto& r) { r.mutable_caller()->set_term(0); });
  spoiled([&](auto& r) {
    r.mutable_caller()->set_not_after_ns(std::numeric_limits<int64_t>::max());
  });
  EXPECT_EQ(outcome([](auto& r) {
              r.mutable_caller()->set_not_after_ns(
                  std::numeric_limits<int64_t>::min());
            }),
            "TOO_LATE");
  EXPECT_EQ(outcome([](auto& r) {
              r.set_fault_id(std::string(64, 'a'));
              r.set_digest(std::string(64, '\0'));
            }),
            "OK");
}

TEST_F(CoreTest, TheEdgesOfEachFieldOfArm) {
  Stage();
  const auto outcome = [&](auto spoil) {
    v1::ArmRequest request = ArmRequest(id);
    spoil(request);
    return Outcome(host.Arm(request));
  };
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(outcome([](auto& r) { r.set_start_ns(kMin); }), "START_PASSED");
  EXPECT_EQ(outcome([](auto& r) { r.set_start_ns(kMax); }), "INVALID_FIELD");
  EXPECT_EQ(outcome([](auto& r) { r.set_expiry_ns(r.start_ns()); }),
            "INVALID_FIELD");
  EXPECT_EQ(outcome([](auto& r) { r.set_expiry_ns(kMin); }), "INVALID_FIELD");
  EXPECT_EQ(outcome([](auto& r) { r.set_expiry_ns(kMax); }), "EXPIRY_TOO_FAR");
  EXPECT_EQ(outcome([](auto& r) { r.set_end_ns(r.start_ns()); }),
            "INVALID_FIELD");
  EXPECT_EQ(State(), v1::STATE_STAGED);
  EXPECT_EQ(outcome([](auto& r) { r.set_end_ns(kMax); }), "OK");
}

TEST_F(CoreTest, TheEdgesOfWhatArmKeepAliveAndHealHaveInCommon) {
  BringInForce();
  const BootInstant expiry = *kernel().LatestExpiry(id);
  const std::string record = host.record().SerializeAsString();
  const size_t told = host.notified.size();
  const auto is_refused = [&](CallId call, const std::string& reason,
                              const std::string& subject) {
    ASSERT_EQ(Outcome(call), reason);
    const absl::Status& status = host.Answer(call)->status;
    EXPECT_EQ(status.code(), reason == "INVALID_FIELD"
                                 ? absl::StatusCode::kInvalidArgument
                                 : absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(GetErrorDetail(status)->subject(), subject) << status;
  };
  const auto spoiled = [&](const std::string& reason,
                           const std::string& subject, auto spoil,
                           bool heal_too = true) {
    v1::ArmRequest arm = ArmRequest(id);
    v1::KeepAliveRequest keep = KeepAliveRequest(id, 1, absl::Seconds(5));
    v1::HealRequest heal = HealRequest(id);
    spoil(arm);
    spoil(keep);
    spoil(heal);
    is_refused(host.Arm(arm), reason, subject);
    is_refused(host.KeepAlive(keep), reason, subject);
    if (heal_too) is_refused(host.Heal(heal), reason, subject);
    EXPECT_EQ(State(), v1::STATE_IN_FORCE);
    EXPECT_EQ(host.HeldOf(id)->keep_alive(), 0u);
    EXPECT_EQ(kernel().LatestExpiry(id), expiry);
    EXPECT_EQ(host.record().SerializeAsString(), record);
    EXPECT_EQ(host.notified.size(), told);
  };
  for (const std::string& bad :
       {std::string(), std::string(65, 'a'), std::string("a b"),
        std::string("../f1"), std::string("f\xc3\xa4"), std::string(1, '\0')}) {
    spoiled("INVALID_FIELD", "fault_id",
            [&bad](auto& r) { r.set_fault_id(bad); });
  }
  // A Heal of generation 0 is one of all of them.
  spoiled(
      "INVALID_FIELD", "generation", [](auto& r) { r.set_generation(0); },
      /*heal_too=*/false);
  spoiled("INVALID_FIELD", "caller.term", [](auto& r) { r.clear_caller(); });
  spoiled("INVALID_FIELD", "caller.term",
          [](auto& r) { r.mutable_caller()->set_term(0); });
  spoiled("WRONG_INCARNATION", "caller.incarnation", [&](auto& r) {
    r.mutable_caller()->set_incarnation(host.incarnation() + 1);
  });
  for (const int64_t past :
       {std::numeric_limits<int64_t>::min(), int64_t{0}, now().nanos() - 1}) {
    spoiled("TOO_LATE", "caller.not_after_ns",
            [past](auto& r) { r.mutable_caller()->set_not_after_ns(past); });
  }
  spoiled("INVALID_FIELD", "caller.not_after_ns", [](auto& r) {
    r.mutable_caller()->set_not_after_ns(std::numeric_limits<int64_t>::max());
  });

  const std::string longest(64, 'a');
  EXPECT_EQ(Outcome(host.Arm(ArmRequest(longest))), "UNKNOWN_FAULT");
  EXPECT_EQ(
      Outcome(host.KeepAlive(KeepAliveRequest(longest, 1, absl::Seconds(5)))),
      "UNKNOWN_FAULT");
  EXPECT_EQ(Outcome(host.Heal(HealRequest(longest))), "OK");
  EXPECT_EQ(State(), v1::STATE_IN_FORCE);
}

TEST_F(CoreTest, ALowerTermIsRefusedEverywhere) {
  Stage();
  v1::StageRequest newer = StageRequest("f2");
  newer.mutable_caller()->set_term(8);
  EXPECT_EQ(Outcome(host.Stage(newer)), "OK");
  EXPECT_EQ(Outcome(host.Stage(StageRequest("f3"))), "STALE_TERM");
  EXPECT_EQ(Outcome(Arm()), "STALE_TERM");
  EXPECT_EQ(Outcome(KeepAlive(1, absl::Seconds(1))), "STALE_TERM");
  EXPECT_EQ(Outcome(Heal()), "STALE_TERM");
  EXPECT_EQ(host.core().StampAt(now()).highest_term(), 8u);
}

TEST_F(CoreTest, ATermIsTakenOnlyFromARequestThatIsAdmitted) {
  Stage();
  v1::StageRequest request = StageRequest("f2");
  request.mutable_caller()->set_term(9);
  v1::StageRequest stray = request;
  stray.mutable_caller()->set_incarnation(host.incarnation() + 1);
  EXPECT_EQ(Outcome(host.Stage(stray)), "WRONG_INCARNATION");
  v1::StageRequest late = request;
  late.mutable_caller()->set_not_after_ns(now().nanos() - 1);
  EXPECT_EQ(Outcome(host.Stage(late)), "TOO_LATE");
  EXPECT_EQ(host.core().StampAt(now()).highest_term(), 7u);
  EXPECT_EQ(Outcome(Arm()), "OK");
  EXPECT_EQ(Outcome(host.Stage(request)), "OK");
  EXPECT_EQ(host.core().StampAt(now()).highest_term(), 9u);
}

TEST_F(CoreTest, ATermIsOnDiskBeforeAnythingIsDoneForIt) {
  host.by_hand = true;
  Stage();
  host.CarryOutOne();
  EXPECT_EQ(host.record().highest_term(), 7u);
  EXPECT_EQ(kernel().size(), 0u);
}

TEST_F(CoreTest, ARequestForAnotherLifeOfTheAgentIsRefused) {
  v1::StageRequest request = StageRequest(id);
  request.mutable_caller()->set_incarnation(host.incarnation() + 1);
  EXPECT_EQ(Outcome(host.Stage(request)), "WRONG_INCARNATION");
  request.mutable_caller()->set_incarnation(0);
  EXPECT_EQ(Outcome(host.Stage(request)), "WRONG_INCARNATION");
}

TEST_F(CoreTest, ARequestIsTakenAtItsNotAfterAndRefusedBehindIt) {
  v1::StageRequest request = StageRequest(id);
  request.mutable_caller()->set_not_after_ns(now().nanos() - 1);
  EXPECT_EQ(Outcome(host.Stage(request)), "TOO_LATE");
  request.mutable_caller()->set_not_after_ns(now().nanos());
  EXPECT_EQ(Outcome(host.Stage(request)), "OK");
}

TEST_F(CoreTest, HoldsOnlySoManyFaults) {
  for (int i = 0; i < 64; ++i) {
    ASSERT_EQ(Outcome(host.Stage(StageRequest("n" + std::to_string(i)))), "OK");
  }
  EXPECT_EQ(Outcome(host.Stage(StageRequest("more"))), "RESOURCE_EXHAUSTED");
  host.Heal(HealRequest("n0"));
  EXPECT_EQ(Outcome(host.Stage(StageRequest("more"))), "OK");
}

TEST_F(CoreTest, RemembersOnlySoManyFaultsAndCanHealAllItHolds) {
  for (int i = 0; i < 60; ++i) {
    host.Stage(StageRequest("n" + std::to_string(i)));
  }
  int refused = 0;
  for (int i = 0; i < 1000; ++i) {
    const CallId call = host.Heal(HealRequest("x" + std::to_string(i)));
    if (Outcome(call) == "RESOURCE_EXHAUSTED") ++refused;
  }
  EXPECT_EQ(refused, 1060 - 1024);
  EXPECT_EQ(Outcome(host.Stage(StageRequest("more"))), "RESOURCE_EXHAUSTED");
  for (int i = 0; i < 60; ++i) {
    const CallId call = host.Heal(HealRequest("n" + std::to_string(i)));
    EXPECT_EQ(Outcome(call), "OK");
  }
  host.RunFor(absl::Minutes(11));
  EXPECT_EQ(Outcome(host.Stage(StageRequest("more"))), "OK");
}

TEST_F(CoreTest, CheckTellsWhatStageWouldSayAndChangesNothing) {
  EXPECT_TRUE(host.core().Check(StageRequest(id), now()).ok());
  v1::StageRequest bad = StageRequest(id);
  bad.clear_flows();
  EXPECT_FALSE(host.core().Check(bad, now()).ok());
  EXPECT_EQ(host.core().StampAt(now()).highest_term(), 0u);
  EXPECT_EQ(kernel().size(), 0u);
}

TEST_F(CoreTest, AHostWhoseKernelLacksAFeatureRefusesEveryStageWithItsName) {
  v1::Feature present, absent;
  present.set_name("nf_tables.inet");
  present.set_present(true);
  absent.set_name("nf_tables.meta_time");
  absent.set_detail("probe: Invalid argument");
  Core core({"boot", host.incarnation()}, [] { return 1u; }, {present, absent});
  core.Start({}, {}, now());
  const auto request = std::make_shared<v1::StageRequest>(StageRequest(id));
  std::vector<absl::Status> refusals = {core.Check(*request, now())};
  for (const Action& action : core.Stage(1, request, now())) {
    EXPECT_FALSE(std::holds_alternative<KernelOp>(action));
    if (const Reply* reply = std::get_if<Reply>(&action)) {
      refusals.push_back(reply->status);
    }
  }
  ASSERT_EQ(refusals.size(), 2u);
  for (const absl::Status& refusal : refusals) {
    EXPECT_TRUE(absl::IsFailedPrecondition(refusal)) << refusal;
    const auto detail = GetErrorDetail(refusal);
    ASSERT_TRUE(detail.has_value()) << refusal;
    EXPECT_EQ(detail->reason(), "MISSING_FEATURE");
    EXPECT_EQ(detail->subject(), "nf_tables.meta_time");
    EXPECT_THAT(detail->advice(), testing::HasSubstr("5.10"));
    EXPECT_THAT(std::string(refusal.message()),
                testing::HasSubstr("probe: Invalid argument"));
  }
}

TEST_F(CoreTest, CallsThatComeDuringAnOperationWaitForIt) {
  host.by_hand = true;
  const CallId stage = Stage();
  const CallId arm = Arm();
  const CallId heal = Heal();
  host.CarryOutAll();
  EXPECT_EQ(Outcome(heal), "OK");
  // The Heal overtook both: neither may say that it went well.
  EXPECT_EQ(Outcome(stage), "TOMBSTONE");
  EXPECT_EQ(Outcome(arm), "TOMBSTONE");
  EXPECT_FALSE(kernel().Has(id));
}

TEST_F(CoreTest, WaitingCallsAreDoneInTheirOrder) {
  host.by_hand = true;
  const CallId stage = Stage();
  const CallId arm = Arm();
  const CallId keep_alive = KeepAlive(1, absl::Seconds(2));
  host.CarryOutAll();
  EXPECT_EQ(Outcome(stage), "OK");
  EXPECT_EQ(Outcome(arm), "OK");
  EXPECT_EQ(Said(keep_alive).keep_alive(), 1u);
}

TEST_F(CoreTest, OnlySoManyCallsWait) {
  host.by_hand = true;
  Stage();
  CallId last = 0;
  for (int i = 0; i < 65; ++i) last = Arm();
  host.CarryOutAll();
  EXPECT_EQ(Outcome(last), "RESOURCE_EXHAUSTED");
}

}  // namespace
}  // namespace sunder::agent
