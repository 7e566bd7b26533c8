// What is refused, with which reason, and that it changes nothing.

#include <limits>
#include <memory>
#include <variant>
#include <vector>

#include "agent/core/core.h"
#include "agent/core/core_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

using RefusalTest = CoreFixture;

TEST_F(RefusalTest, TheEdgesOfEachFieldOfStage) {
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

TEST_F(RefusalTest, TheEdgesOfEachFieldOfArm) {
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

TEST_F(RefusalTest, TheEdgesOfWhatArmKeepAliveAndHealHaveInCommon) {
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

TEST_F(RefusalTest, ALowerTermIsRefusedEverywhere) {
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

TEST_F(RefusalTest, ATermIsTakenOnlyFromARequestThatIsAdmitted) {
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

TEST_F(RefusalTest, ATermIsOnDiskBeforeAnythingIsDoneForIt) {
  host.by_hand = true;
  Stage();
  host.CarryOutOne();
  EXPECT_EQ(host.record().highest_term(), 7u);
  EXPECT_EQ(kernel().size(), 0u);
}

TEST_F(RefusalTest, ARequestForAnotherLifeOfTheAgentIsRefused) {
  v1::StageRequest request = StageRequest(id);
  request.mutable_caller()->set_incarnation(host.incarnation() + 1);
  EXPECT_EQ(Outcome(host.Stage(request)), "WRONG_INCARNATION");
  request.mutable_caller()->set_incarnation(0);
  EXPECT_EQ(Outcome(host.Stage(request)), "WRONG_INCARNATION");
}

TEST_F(RefusalTest, ARequestIsTakenAtItsNotAfterAndRefusedBehindIt) {
  v1::StageRequest request = StageRequest(id);
  request.mutable_caller()->set_not_after_ns(now().nanos() - 1);
  EXPECT_EQ(Outcome(host.Stage(request)), "TOO_LATE");
  request.mutable_caller()->set_not_after_ns(now().nanos());
  EXPECT_EQ(Outcome(host.Stage(request)), "OK");
}

TEST_F(RefusalTest, HoldsOnlySoManyFaults) {
  for (int i = 0; i < 64; ++i) {
    ASSERT_EQ(Outcome(host.Stage(StageRequest("n" + std::to_string(i)))), "OK");
  }
  EXPECT_EQ(Outcome(host.Stage(StageRequest("more"))), "RESOURCE_EXHAUSTED");
  host.Heal(HealRequest("n0"));
  EXPECT_EQ(Outcome(host.Stage(StageRequest("more"))), "OK");
}

TEST_F(RefusalTest, RemembersOnlySoManyFaultsAndCanHealAllItHolds) {
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

TEST_F(RefusalTest, CheckTellsWhatStageWouldSayAndChangesNothing) {
  EXPECT_TRUE(host.core().Check(StageRequest(id), now()).ok());
  v1::StageRequest bad = StageRequest(id);
  bad.clear_flows();
  EXPECT_FALSE(host.core().Check(bad, now()).ok());
  EXPECT_EQ(host.core().StampAt(now()).highest_term(), 0u);
  EXPECT_EQ(kernel().size(), 0u);
}

TEST_F(RefusalTest, AHostWhoseKernelLacksAFeatureRefusesEveryStageWithItsName) {
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
}  // namespace
}  // namespace sunder::agent
