// What the core asks of its shell and tells its callers. The life of faults
// over hosts is tested in tests/simulation, against the agents' real core.

#include "controller/core/core.h"

#include <algorithm>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

const BootInstant kStart = BootInstant::FromNanos(9'000'000'000'000);

sunder::v1::FaultSpec Spec(int seconds = 10) {
  sunder::v1::FaultSpec spec;
  spec.mutable_duration()->set_seconds(seconds);
  return spec;
}

sunder::v1::Plan PlanOn(const std::vector<std::string>& hosts) {
  sunder::v1::Plan plan;
  for (const auto& host : hosts) {
    auto* part = plan.add_hosts();
    part->set_host(host);
    part->add_flows();
  }
  return plan;
}

class CoreTest : public testing::Test {
 protected:
  CoreTest() {
    core_.Start(3, {}, now_);
    core_.HostsChanged({"a", "b"});
    core_.TakeActions(now_);
  }

  template <typename Kind>
  std::vector<Kind> Take() {
    std::vector<Kind> kinds;
    for (const Action& action : core_.TakeActions(now_)) {
      if (const Kind* kind = std::get_if<Kind>(&action)) kinds.push_back(*kind);
    }
    return kinds;
  }

  agent::v1::DescribeResponse Describe(uint64_t term = 3,
                                       const std::string& name = "a") const {
    agent::v1::DescribeResponse response;
    response.set_name(name);
    response.mutable_stamp()->set_boot_id("boot");
    response.mutable_stamp()->set_incarnation(1);
    response.mutable_stamp()->set_now_ns(now_.nanos());
    response.mutable_stamp()->set_highest_term(term);
    return response;
  }

  // Answers what the core calls until the fault has ended: agents that do as
  // they are told, but say `stage` of what they were to stage, and nothing when
  // they are to arm it. Returns how often they were.
  int Serve(const std::string& id, agent::v1::State stage) {
    int arms = 0;
    for (int i = 0; i < 1000; ++i) {
      if (IsFinal(core_.Find(id, now_)->state())) return arms;
      const auto calls = Take<Call>();
      if (calls.empty()) {
        now_ = *core_.NextTimer();
        continue;
      }
      now_ = now_ + absl::Milliseconds(1);
      for (const Call& call : calls) {
        if (std::holds_alternative<agent::v1::ArmRequest>(call.request)) {
          ++arms;
          continue;
        }
        core_.AgentReplied(call.id, Answer(call, stage),
                           now_ - absl::Milliseconds(1), now_);
      }
    }
    ADD_FAILURE() << core_.Find(id, now_)->DebugString();
    return arms;
  }

  Response Answer(const Call& call, agent::v1::State stage) const {
    if (const auto* order =
            std::get_if<agent::v1::StageRequest>(&call.request)) {
      agent::v1::StageResponse response;
      *response.mutable_stamp() = Describe().stamp();
      response.mutable_held()->set_fault_id(order->fault_id());
      response.mutable_held()->set_generation(order->generation());
      response.mutable_held()->set_digest(order->digest());
      response.mutable_held()->set_state(stage);
      return response;
    }
    if (std::holds_alternative<agent::v1::HealRequest>(call.request)) {
      agent::v1::HealResponse response;
      *response.mutable_stamp() = Describe().stamp();
      return response;
    }
    return Describe(3, call.host);
  }

  BootInstant now_ = kStart;
  Options options_{.history = 2, .boot_base = kStart, .wall_base = {}};
  Core core_{options_};
};

TEST_F(CoreTest, AsksEachNewHostWhatItHolds) {
  core_.HostsChanged({"a", "b", "c"});
  const auto calls = Take<Call>();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].host, "c");
  EXPECT_TRUE(
      std::holds_alternative<agent::v1::DescribeRequest>(calls[0].request));
}

TEST_F(CoreTest, ForgetsAHostThatIsNoLongerThere) {
  core_.HostsChanged({"b"});
  core_.TakeActions(now_);
  ASSERT_EQ(core_.Agents(now_).size(), 1u);
  EXPECT_EQ(core_.Agents(now_)[0].host, "b");
}

TEST_F(CoreTest, RefusesFaultsThatCannotBe) {
  const auto code = [&](const std::string& id, const sunder::v1::FaultSpec& s,
                        const sunder::v1::Plan& plan) {
    return core_.CreateFault(id, s, plan, now_).code();
  };
  using absl::StatusCode;
  EXPECT_EQ(code("", Spec(), PlanOn({"a"})), StatusCode::kInvalidArgument);
  EXPECT_EQ(code("1", Spec(0), PlanOn({"a"})), StatusCode::kInvalidArgument);
  EXPECT_EQ(code("1", Spec(86401), PlanOn({"a"})),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(code("1", Spec(), PlanOn({})), StatusCode::kFailedPrecondition);
  EXPECT_EQ(code("1", Spec(), PlanOn({"x"})), StatusCode::kFailedPrecondition);
  EXPECT_EQ(code("1", Spec(), PlanOn({"a", "a"})),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(code("1", Spec(86400), PlanOn({"a"})), StatusCode::kOk);
  EXPECT_EQ(code("1", Spec(), PlanOn({"a"})), StatusCode::kAlreadyExists);
}

TEST_F(CoreTest, SendsNothingOfAFaultBeforeItIsRecorded) {
  ASSERT_TRUE(core_.CreateFault("1", Spec(), PlanOn({"a"}), now_).ok());
  const auto actions = core_.TakeActions(now_);
  ASSERT_FALSE(actions.empty());
  EXPECT_TRUE(std::holds_alternative<Persist>(actions[0]));
  EXPECT_TRUE(std::none_of(actions.begin(), actions.end(), [](const auto& a) {
    return std::holds_alternative<Call>(a);
  }));
  EXPECT_EQ(core_.Find("1", now_)->state(), sunder::v1::FAULT_STATE_PLANNED);
}

TEST_F(CoreTest, FailsAFaultThatCannotBeRecorded) {
  ASSERT_TRUE(core_.CreateFault("1", Spec(), PlanOn({"a"}), now_).ok());
  core_.Persisted("1", absl::ResourceExhaustedError("disk full"), now_);
  const auto view = core_.Find("1", now_);
  EXPECT_EQ(view->state(), sunder::v1::FAULT_STATE_FAILED);
  EXPECT_NE(view->reason().find("disk full"), std::string::npos);
}

TEST_F(CoreTest, TakesAStateThatItDoesNotKnowForARefusal) {
  for (const int state : {0, 77}) {
    const std::string id = absl::StrCat("state-", state);
    ASSERT_TRUE(core_.CreateFault(id, Spec(), PlanOn({"a"}), now_).ok());
    core_.Persisted(id, absl::OkStatus(), now_);
    EXPECT_EQ(Serve(id, static_cast<agent::v1::State>(state)), 0);
    const auto view = core_.Find(id, now_);
    EXPECT_EQ(view->state(), sunder::v1::FAULT_STATE_FAILED)
        << view->DebugString();
    EXPECT_NE(view->reason().find(absl::StrCat("not known here: ", state)),
              std::string::npos)
        << view->reason();
  }
}

TEST_F(CoreTest, ShowsFaultsWithoutFlowsAndKeepsNoneOfThoseThatHaveEnded) {
  sunder::v1::Plan plan = PlanOn({"a", "b"});
  plan.add_members()->set_name("a");
  plan.add_cuts();
  plan.add_notes("a note");
  plan.mutable_hosts(0)->add_protected_();
  sunder::v1::Plan kept = plan;
  for (auto& host : *kept.mutable_hosts()) {
    host.clear_flows();
    host.clear_protected_();
  }
  ASSERT_TRUE(core_.CreateFault("1", Spec(), plan, now_).ok());
  const auto before = Take<Persist>();
  ASSERT_FALSE(before.empty());
  EXPECT_EQ(before.back().record.fault().plan().SerializeAsString(),
            plan.SerializeAsString());
  EXPECT_EQ(core_.Find("1", now_)->plan().SerializeAsString(),
            kept.SerializeAsString());
  ASSERT_NE(core_.PlanOf("1"), nullptr);
  EXPECT_EQ(core_.PlanOf("1")->SerializeAsString(), plan.SerializeAsString());
  ASSERT_TRUE(core_.HealFault("1", "no", now_).ok());
  const auto after = Take<Persist>();
  ASSERT_FALSE(after.empty());
  EXPECT_EQ(core_.PlanOf("1"), nullptr);
  EXPECT_EQ(core_.Find("1", now_)->plan().SerializeAsString(),
            kept.SerializeAsString());
  EXPECT_EQ(after.back().record.fault().plan().SerializeAsString(),
            kept.SerializeAsString());

  // Nor of one that was written with them.
  store::v1::FaultRecord old = after.back().record;
  *old.mutable_fault()->mutable_plan() = plan;
  Core next(options_);
  next.Start(4, {old}, now_);
  EXPECT_EQ(next.Find("1", now_)->plan().SerializeAsString(),
            kept.SerializeAsString());
}

TEST_F(CoreTest, KnowsNothingOfOtherIds) {
  EXPECT_EQ(core_.Find("1", now_), nullptr);
  EXPECT_TRUE(absl::IsNotFound(core_.HealFault("1", "", now_)));
  EXPECT_TRUE(absl::IsNotFound(core_.HolderAttached("1")));
  EXPECT_TRUE(absl::IsNotFound(core_.HolderGone("1", now_)));
  core_.Persisted("1", absl::OkStatus(), now_);
  core_.AgentReplied(99, absl::UnavailableError(""), now_, now_);
  core_.AgentReported("x", {});
  core_.AgentUnreachable("x", absl::UnavailableError(""), now_);
  EXPECT_TRUE(core_.TakeActions(now_).empty());
}

TEST_F(CoreTest, RemembersTheLastEndedFaultsOnly) {
  for (const char* id : {"1", "2", "3"}) {
    ASSERT_TRUE(core_.CreateFault(id, Spec(), PlanOn({"a"}), now_).ok());
    ASSERT_TRUE(core_.HealFault(id, "no", now_).ok());
  }
  const auto forgotten = Take<Forget>();
  ASSERT_EQ(forgotten.size(), 1u);
  EXPECT_EQ(forgotten[0].fault_id, "1");
  EXPECT_TRUE(core_.List(false, now_).empty());
  const auto all = core_.List(true, now_);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0]->id(), "3");
}

TEST_F(CoreTest, ListsTheNewestFirstThatEndedOrNotAndAlsoInItsNextLife) {
  std::map<std::string, store::v1::FaultRecord> records;
  for (const char* id : {"c", "a", "b"}) {
    now_ = now_ + absl::Milliseconds(1);
    ASSERT_TRUE(core_.CreateFault(id, Spec(), PlanOn({"a"}), now_).ok());
  }
  ASSERT_TRUE(core_.HealFault("a", "no", now_).ok());
  for (const Persist& persist : Take<Persist>()) {
    records[persist.record.fault().id()] = persist.record;
  }
  ASSERT_EQ(records.size(), 3u);
  Core next(options_);
  next.Start(4, {records["a"], records["b"], records["c"]}, now_);
  for (Core* core : {&core_, &next}) {
    std::string all, living;
    for (const auto* fault : core->List(true, now_)) all += fault->id();
    for (const auto* fault : core->List(false, now_)) living += fault->id();
    EXPECT_EQ(all, "bac");
    EXPECT_EQ(living, "bc");
  }
}

TEST_F(CoreTest, BringsTheHistoryBackFromTheRecords) {
  ASSERT_TRUE(core_.CreateFault("1", Spec(), PlanOn({"a"}), now_).ok());
  ASSERT_TRUE(core_.HealFault("1", "no", now_).ok());
  const auto records = Take<Persist>();
  Core next(options_);
  next.Start(4, {records.back().record}, now_);
  ASSERT_NE(next.Find("1", now_), nullptr);
  EXPECT_EQ(next.Find("1", now_)->SerializeAsString(),
            core_.Find("1", now_)->SerializeAsString());
  EXPECT_TRUE(next.HealFault("1", "again", now_).ok());
}

TEST_F(CoreTest, FallsSilentWhenAnAgentObeysAHigherTerm) {
  core_.HostsChanged({"a", "b", "c"});
  const auto calls = Take<Call>();
  ASSERT_EQ(calls.size(), 1u);
  core_.AgentReplied(calls[0].id, Response(Describe(3, "c")), now_, now_);
  ASSERT_TRUE(core_.CreateFault("1", Spec(), PlanOn({"a"}), now_).ok());
  core_.TakeActions(now_);
  agent::v1::WatchResponse report;
  *report.mutable_stamp() = Describe(/*term=*/4).stamp();
  core_.AgentReported("c", report);
  const auto superseded = Take<Superseded>();
  ASSERT_EQ(superseded.size(), 1u);
  EXPECT_EQ(superseded[0].term, 4u);
  // Where there is no other one, that is how to go on.
  EXPECT_NE(superseded[0].advice.find("UPDATE term SET value=4"),
            std::string::npos)
      << superseded[0].advice;
  const auto view = core_.Find("1", now_);
  EXPECT_NE(view->reason().find("obeys term 4, ours is 3"), std::string::npos);
  EXPECT_NE(view->reason().find(superseded[0].advice), std::string::npos)
      << view->reason();
  EXPECT_FALSE(core_.NextTimer().has_value());
  core_.Persisted("1", absl::OkStatus(), now_);
  now_ = now_ + absl::Hours(1);
  EXPECT_TRUE(Take<Call>().empty());
  EXPECT_EQ(core_.CreateFault("2", Spec(), PlanOn({"a"}), now_).code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(CoreTest, ReportsFaultsThatItsStoreDoesNotKnowAndLeavesThem) {
  Core core(options_);
  core.Start(3, {}, now_);
  core.HostsChanged({"a"});
  auto response = Describe();
  auto* held = response.add_held();
  held->set_fault_id("foreign");
  held->set_state(agent::v1::STATE_IN_FORCE);
  for (int i = 0; i < 5; ++i) {
    const auto actions = core.TakeActions(now_);
    ASSERT_EQ(actions.size(), 1u);
    core.AgentReplied(std::get<Call>(actions[0]).id, Response(response), now_,
                      now_ + absl::Milliseconds(1));
  }
  EXPECT_TRUE(core.TakeActions(now_).empty());
  const auto agents = core.Agents(now_);
  ASSERT_EQ(agents.size(), 1u);
  EXPECT_TRUE(agents[0].reachable);
  EXPECT_EQ(agents[0].unknown_faults, std::set<std::string>{"foreign"});
  EXPECT_LT(agents[0].clock_uncertainty, absl::Milliseconds(1));
}

TEST_F(CoreTest, AnAgentOfAnotherNameIsNotAskedToDoAnything) {
  Core core(options_);
  core.Start(3, {}, now_);
  core.HostsChanged({"a"});
  const auto answer_as = [&](const std::string& name) {
    for (const Action& action : core.TakeActions(now_)) {
      const Call& call = std::get<Call>(action);
      EXPECT_TRUE(
          std::holds_alternative<agent::v1::DescribeRequest>(call.request));
      // Another deployment's agent may obey a younger controller.
      core.AgentReplied(call.id, Response(Describe(name == "a" ? 3 : 9, name)),
                        now_, now_ + absl::Milliseconds(1));
    }
  };
  for (int i = 0; i < 5; ++i) answer_as("a");
  ASSERT_TRUE(core.Agents(now_)[0].reachable);
  EXPECT_TRUE(core.TakeActions(now_).empty());
  now_ = core.NextTimer().value();
  answer_as("b");
  agent::v1::WatchResponse report;
  *report.mutable_stamp() = Describe(/*term=*/9).stamp();
  core.AgentReported("a", report);
  EXPECT_FALSE(core.Agents(now_)[0].reachable);
  EXPECT_EQ(core.Agents(now_)[0].error,
            "who answers there is \"b\" and not \"a\": correct the inventory, "
            "or the agent's --name");
  EXPECT_EQ(core.CreateFault("1", Spec(), PlanOn({"a"}), now_),
            absl::OkStatus());
  while (now_ < kStart + absl::Minutes(1)) {
    const auto actions = core.TakeActions(now_);
    if (actions.empty()) now_ = core.NextTimer().value();
    for (const Action& action : actions) {
      if (const auto* persist = std::get_if<Persist>(&action)) {
        core.Persisted(persist->record.fault().id(), absl::OkStatus(), now_);
      } else if (const auto* call = std::get_if<Call>(&action)) {
        EXPECT_FALSE(
            std::holds_alternative<agent::v1::StageRequest>(call->request));
        if (std::holds_alternative<agent::v1::DescribeRequest>(call->request)) {
          core.AgentReplied(call->id, Response(Describe(3, "b")), now_, now_);
        }
      }
    }
  }
  const auto fault = core.Find("1", now_);
  EXPECT_EQ(fault->state(), sunder::v1::FAULT_STATE_FAILED);
  EXPECT_NE(fault->reason().find("who answers there is"), std::string::npos)
      << fault->reason();
}

TEST_F(CoreTest, AsksAgainAfterADeadlineAndMoreAndMoreRarely) {
  Core core(options_);
  core.Start(3, {}, now_);
  core.HostsChanged({"a"});
  int calls = 0;
  while (now_ < kStart + absl::Minutes(1)) {
    for (const auto& action : core.TakeActions(now_)) {
      calls += std::holds_alternative<Call>(action) ? 1 : 0;
    }
    ASSERT_TRUE(core.NextTimer().has_value());
    ASSERT_GT(*core.NextTimer(), now_);
    now_ = *core.NextTimer();
  }
  EXPECT_GT(calls, 8);
  EXPECT_LT(calls, 25);
  EXPECT_FALSE(core.Agents(now_)[0].reachable);
}

}  // namespace
}  // namespace sunder::controller
