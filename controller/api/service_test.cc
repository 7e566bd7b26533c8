// The whole controller in one process (service_fixture.h).

#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/synchronization/mutex.h"
#include "common/error_detail.h"
#include "controller/api/service_fixture.h"
#include "controller/core/digest.h"
#include "controller/discovery/fake_http_client.h"
#include "controller/discovery/stoppable_wait.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using ServiceTest = ServiceFixture;

TEST_F(ServiceTest, AFaultComesInForceOnEveryHostAndHealsOnDemand) {
  const std::string id = InForce();
  for (auto& agent : agents_) {
    EXPECT_EQ(agent->held(id).state(), agent::v1::STATE_IN_FORCE);
  }
  v1::HealFaultsRequest heal;
  heal.add_ids(id.substr(0, 6));
  auto healed = Heal(heal);
  ASSERT_TRUE(healed.ok()) << healed.status();
  ASSERT_EQ(healed->faults_size(), 1);
  const auto states = Watch(id, sunder::v1::FAULT_STATE_UNSPECIFIED);
  EXPECT_EQ(states.back(), sunder::v1::FAULT_STATE_HEALED);
  for (auto& agent : agents_) {
    EXPECT_EQ(agent->held(id).state(), agent::v1::STATE_HEALED);
  }
}

TEST_F(ServiceTest, KeepAlivesCarryTheFaultPastItsFirstLeases) {
  const std::string id = InForce();
  const uint64_t first = agents_[0]->held(id).keep_alive();
  const BootInstant give_up = BootNow() + absl::Seconds(15);
  while (agents_[0]->held(id).keep_alive() < first + 3 && BootNow() < give_up) {
    absl::SleepFor(absl::Milliseconds(20));  // bounded wait
  }
  EXPECT_GE(agents_[0]->held(id).keep_alive(), first + 3);
  EXPECT_EQ(Get(id)->state(), sunder::v1::FAULT_STATE_IN_FORCE);
}

TEST_F(ServiceTest, TryingOutAsksEveryHostAndInstallsNothing) {
  agents_[1]->RefuseStage(absl::UnimplementedError("no inet tables here"));
  auto tried = Create(Halves(), /*validate_only=*/true);
  ASSERT_TRUE(tried.ok()) << tried.status();
  ASSERT_EQ(tried->rulesets_size(), kHosts);
  EXPECT_THAT(tried->rulesets(0).ruleset(), HasSubstr("n1"));
  EXPECT_THAT(tried->rulesets(1).error(), HasSubstr("no inet tables here"));
  EXPECT_THAT(tried->rulesets(2).ruleset(), HasSubstr("n3"));
  EXPECT_NE(tried->fault().plan().seed(), 0u);
  EXPECT_TRUE(agents_[0]->last_stage().validate_only());
  EXPECT_GT(agents_[0]->last_stage().flows_size(), 0);
  // As the fault itself would say it.
  EXPECT_EQ(agents_[0]->last_stage().digest(),
            DigestOf(tried->fault().plan().hosts(0)));
  v1::ListFaultsResponse list;
  v1::ListFaultsRequest all;
  all.set_include_ended(true);
  ASSERT_TRUE(Call(&v1::Controller::StubInterface::ListFaults, all, list).ok());
  EXPECT_EQ(list.faults_size(), 0);
}

TEST_F(ServiceTest, TryingOutShowsNoRulesOfAnotherHostThatAnswersAtTheAddress) {
  MoveAgents(
      {agents_[1]->target(), agents_[0]->target(), agents_[2]->target()});
  auto tried = Create(Halves(), /*validate_only=*/true);
  ASSERT_TRUE(tried.ok()) << tried.status();
  ASSERT_EQ(tried->rulesets_size(), kHosts);
  EXPECT_EQ(tried->rulesets(0).ruleset(), "");
  EXPECT_THAT(tried->rulesets(0).error(),
              HasSubstr("who answers there is \"n2\" and not \"n1\""));
  EXPECT_THAT(tried->rulesets(1).error(),
              HasSubstr("who answers there is \"n1\" and not \"n2\""));
  EXPECT_THAT(tried->rulesets(2).ruleset(), HasSubstr("n3"));
}

TEST_F(ServiceTest, ARefusalOfOneHostFailsTheFaultWithNothingInForce) {
  agents_[2]->RefuseStage(absl::ResourceExhaustedError("64 faults are held"));
  auto created = Create(Halves());
  ASSERT_TRUE(created.ok()) << created.status();
  const std::string id = created->fault().id();
  ASSERT_TRUE(Becomes(id, sunder::v1::FAULT_STATE_FAILED));
  EXPECT_THAT(Get(id)->ShortDebugString(), HasSubstr("64 faults are held"));
  for (auto& agent : agents_) {
    EXPECT_NE(agent->held(id).state(), agent::v1::STATE_IN_FORCE);
  }
}

TEST_F(ServiceTest, RefusesRequestsThatSayNothingOrTooMuch) {
  v1::CreateFaultRequest nothing;
  v1::CreateFaultResponse response;
  const absl::Status missing =
      Call(&v1::Controller::StubInterface::CreateFault, nothing, response);
  EXPECT_TRUE(absl::IsInvalidArgument(missing)) << missing;
  ASSERT_TRUE(GetErrorDetail(missing).has_value());
  EXPECT_EQ(GetErrorDetail(missing)->subject(), "spec");

  sunder::v1::FaultSpec spec = Halves();
  spec.set_name(std::string(257, 'x'));
  EXPECT_TRUE(absl::IsInvalidArgument(Create(spec).status()));
  spec = Halves();
  spec.mutable_shape()->mutable_partial()->set_a("host:nowhere");
  const absl::Status unknown = Create(spec).status();
  EXPECT_TRUE(absl::IsNotFound(unknown)) << unknown;
  EXPECT_TRUE(GetErrorDetail(unknown).has_value());

  EXPECT_TRUE(absl::IsInvalidArgument(Heal({}).status()));
  v1::HealFaultsRequest both;
  both.set_everyones(true);
  both.add_ids("x");
  EXPECT_TRUE(absl::IsInvalidArgument(Heal(both).status()));
  EXPECT_TRUE(absl::IsNotFound(Get("nosuch").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Get("").status()));
}

TEST_F(ServiceTest, TheEdgesOfWhatNamesAFault) {
  using Code = absl::StatusCode;
  sunder::v1::FaultSpec good = Halves();
  good.set_name("good");
  const std::string first = InForce(), second = InForce(),
                    unharmed = InForce(good);
  const struct {
    std::string id;
    Code code;
    std::string reason, subject;
  } cases[] = {
      {"", Code::kInvalidArgument, "BAD_ID", "id"},
      {std::string(257, 'x'), Code::kInvalidArgument, "BAD_ID", "id"},
      {std::string(256, 'x'), Code::kNotFound, "NO_FAULT",
       std::string(256, 'x')},
      {"nosuch", Code::kNotFound, "NO_FAULT", "nosuch"},
      {first + "0", Code::kNotFound, "NO_FAULT", first + "0"},
      {"split", Code::kInvalidArgument, "AMBIGUOUS", "split"},
  };
  for (const auto& c : cases) {
    v1::HealFaultsRequest alone, with_good;
    alone.add_ids(c.id);
    with_good.add_ids("good");
    with_good.add_ids(c.id);
    with_good.set_validate_only(true);
    const auto tried = Heal(with_good);
    ASSERT_TRUE(tried.ok()) << tried.status();
    ASSERT_EQ(tried->faults_size(), 1);
    EXPECT_EQ(tried->faults(0).id(), unharmed);
    ASSERT_EQ(tried->not_healed_size(), 1);
    for (const absl::Status& status :
         {Get(c.id).status(), WatchError(c.id, /*hold=*/false),
          WatchError(c.id, /*hold=*/true), Heal(alone).status(),
          FromStatusDetails(tried->not_healed(0))}) {
      EXPECT_EQ(status.code(), c.code) << status;
      ASSERT_TRUE(GetErrorDetail(status).has_value()) << status;
      EXPECT_EQ(GetErrorDetail(status)->reason(), c.reason) << status;
      EXPECT_EQ(GetErrorDetail(status)->subject(), c.subject) << status;
      EXPECT_NE(GetErrorDetail(status)->advice(), "") << status;
    }
  }
  const absl::Status not_held = WatchError("good", /*hold=*/true);
  EXPECT_TRUE(absl::IsFailedPrecondition(not_held)) << not_held;
  ASSERT_TRUE(GetErrorDetail(not_held).has_value()) << not_held;
  EXPECT_EQ(GetErrorDetail(not_held)->reason(), "NOT_HELD");
  EXPECT_EQ(GetErrorDetail(not_held)->subject(), unharmed);
  for (const std::string& id : {first, second, unharmed}) {
    EXPECT_EQ(Get(id)->state(), sunder::v1::FAULT_STATE_IN_FORCE);
    EXPECT_EQ(agents_[0]->held(id).state(), agent::v1::STATE_IN_FORCE);
  }
}

TEST_F(ServiceTest, TheEdgesOfWhoseFaultsAreHealed) {
  sunder::v1::FaultSpec spec = Halves();
  spec.set_owner(std::string(200, 'x'));
  const std::string id = InForce(spec);
  const auto refused = [&](const std::string& reason,
                           const std::string& subject, auto spoil) {
    for (const bool dry_run : {false, true}) {
      v1::HealFaultsRequest request;
      request.set_validate_only(dry_run);
      spoil(request);
      const absl::Status status = Heal(request).status();
      EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
      ASSERT_TRUE(GetErrorDetail(status).has_value()) << status;
      EXPECT_EQ(GetErrorDetail(status)->reason(), reason) << status;
      EXPECT_EQ(GetErrorDetail(status)->subject(), subject) << status;
      EXPECT_NE(GetErrorDetail(status)->advice(), "") << status;
    }
  };
  refused("BAD_FIELD", "all_of_owner",
          [](auto& r) { r.set_all_of_owner(std::string(201, 'x')); });
  refused("BAD_FIELD", "all_of_owner",
          [](auto& r) { r.set_all_of_owner("me\n"); });
  refused("WHICH_FAULTS", "ids", [](auto&) {});
  refused("WHICH_FAULTS", "ids", [&](auto& r) {
    r.add_ids(id);
    r.set_everyones(true);
  });
  refused("WHICH_FAULTS", "ids", [&](auto& r) {
    r.add_ids(id);
    r.set_all_of_owner("me");
  });
  refused("WHICH_FAULTS", "ids", [](auto& r) {
    r.set_all_of_owner("me");
    r.set_everyones(true);
  });
  v1::HealFaultsRequest nobodys;
  nobodys.set_all_of_owner(std::string(199, 'x'));
  EXPECT_EQ(Heal(nobodys)->faults_size(), 0);
  EXPECT_EQ(Get(id)->state(), sunder::v1::FAULT_STATE_IN_FORCE);
  v1::HealFaultsRequest whose;
  whose.set_all_of_owner(std::string(200, 'x'));
  EXPECT_EQ(Heal(whose)->faults_size(), 1);
}

TEST_F(ServiceTest, ListsTheLivingOrAllNewestFirst) {
  const auto ids = [this](bool include_ended) {
    v1::ListFaultsRequest request;
    request.set_include_ended(include_ended);
    v1::ListFaultsResponse list;
    const auto method = &v1::Controller::StubInterface::ListFaults;
    EXPECT_TRUE(Call(method, request, list).ok());
    std::vector<std::string> result;
    for (const auto& fault : list.faults()) result.push_back(fault.id());
    return result;
  };
  EXPECT_THAT(ids(false), IsEmpty());
  EXPECT_THAT(ids(true), IsEmpty());
  const std::string first = InForce(), second = InForce(), third = InForce();
  EXPECT_THAT(ids(false), ElementsAre(third, second, first));
  v1::HealFaultsRequest heal;
  heal.add_ids(second);
  ASSERT_TRUE(Heal(heal).ok());
  ASSERT_TRUE(Becomes(second, sunder::v1::FAULT_STATE_HEALED));
  EXPECT_THAT(ids(false), ElementsAre(third, first));
  EXPECT_THAT(ids(true), ElementsAre(third, second, first));
}

TEST_F(ServiceTest, HealsOfOneOwnerLeaveTheOthersAlone) {
  sunder::v1::FaultSpec other = Halves();
  other.set_owner("you");
  other.set_name("theirs");
  const std::string mine = InForce(), theirs = InForce(other);
  v1::HealFaultsRequest request;
  request.set_all_of_owner("me");
  request.set_validate_only(true);
  EXPECT_EQ(Heal(request)->faults(0).id(), mine);
  EXPECT_EQ(Get("split")->state(), sunder::v1::FAULT_STATE_IN_FORCE);
  request.set_validate_only(false);
  ASSERT_EQ(Heal(request)->faults_size(), 1);
  EXPECT_TRUE(Becomes(mine, sunder::v1::FAULT_STATE_HEALED));
  EXPECT_EQ(Get("theirs")->id(), theirs);
  EXPECT_EQ(Get("theirs")->state(), sunder::v1::FAULT_STATE_IN_FORCE);
}

TEST_F(ServiceTest, HealsWhatIsFoundWhateverElseIsNot) {
  const std::string id = InForce();
  v1::HealFaultsRequest request;
  for (const std::string& text : {std::string("nosuch"), id, id.substr(0, 6)}) {
    request.add_ids(text);
  }
  const auto healed = Heal(request);
  ASSERT_TRUE(healed.ok()) << healed.status();
  ASSERT_EQ(healed->faults_size(), 1);
  EXPECT_EQ(healed->faults(0).id(), id);
  ASSERT_EQ(healed->not_healed_size(), 1);
  const absl::Status missing = FromStatusDetails(healed->not_healed(0));
  EXPECT_TRUE(absl::IsNotFound(missing)) << missing;
  EXPECT_EQ(GetErrorDetail(missing)->subject(), "nosuch");
  EXPECT_TRUE(Becomes(id, sunder::v1::FAULT_STATE_HEALED));
}

TEST_F(ServiceTest, AHealOfWhatIsNotThereIsAnError) {
  v1::HealFaultsRequest request;
  request.add_ids("nosuch");
  EXPECT_TRUE(absl::IsNotFound(Heal(request).status()));
  request.add_ids("nor this");
  EXPECT_TRUE(absl::IsNotFound(Heal(request).status()));
}

TEST_F(ServiceTest, AHeldFaultHealsWhenItsHoldingStreamEnds) {
  sunder::v1::FaultSpec spec = Halves();
  spec.set_hold(true);
  auto created = Create(spec);
  ASSERT_TRUE(created.ok()) << created.status();
  const std::string id = created->fault().id();
  {
    grpc::ClientContext context;
    v1::WatchFaultRequest request;
    request.set_id(id);
    request.set_hold(true);
    auto stream = stub_->WatchFault(&context, request);
    v1::WatchFaultResponse response;
    while (stream->Read(&response) &&
           response.fault().state() != sunder::v1::FAULT_STATE_IN_FORCE) {
    }
    ASSERT_EQ(response.fault().state(), sunder::v1::FAULT_STATE_IN_FORCE);
    context.TryCancel();
  }
  EXPECT_TRUE(Becomes(id, sunder::v1::FAULT_STATE_HEALED))
      << Get(id)->ShortDebugString();
}

TEST_F(ServiceTest, OnlyADeclaredHoldCanHold) {
  const std::string id = InForce();
  grpc::ClientContext context;
  v1::WatchFaultRequest request;
  request.set_id(id);
  request.set_hold(true);
  auto stream = stub_->WatchFault(&context, request);
  v1::WatchFaultResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(),
            grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_F(ServiceTest, AControllerThatComesBackGoesOnWithItsFaults) {
  const std::string id = InForce();
  End();
  Begin();
  EXPECT_TRUE(Becomes(id, sunder::v1::FAULT_STATE_IN_FORCE));
  const uint64_t before = agents_[0]->held(id).keep_alive();
  const BootInstant give_up = BootNow() + absl::Seconds(10);
  while (agents_[0]->held(id).keep_alive() == before && BootNow() < give_up) {
    absl::SleepFor(absl::Milliseconds(10));  // bounded wait
  }
  EXPECT_GT(agents_[0]->held(id).keep_alive(), before);
}

TEST_F(ServiceTest, AStoreThatCannotWriteFailsTheFaultBeforeAnythingIsSent) {
  engine_->Post([this] {
    store_->fail_with = absl::ResourceExhaustedError("disk full");
  });
  auto created = Create(Halves());
  ASSERT_TRUE(created.ok()) << created.status();
  const std::string id = created->fault().id();
  ASSERT_TRUE(Becomes(id, sunder::v1::FAULT_STATE_FAILED));
  EXPECT_THAT(Get(id)->reason(), HasSubstr("disk full"));
  EXPECT_EQ(agents_[0]->last_stage().fault_id(), "");
}

TEST_F(ServiceTest, ListsAgentsWithTheirClocks) {
  InForce();
  v1::ListAgentsResponse list;
  ASSERT_TRUE(Call(&v1::Controller::StubInterface::ListAgents,
                   v1::ListAgentsRequest(), list)
                  .ok());
  ASSERT_EQ(list.agents_size(), kHosts);
  EXPECT_EQ(list.term(), term_);
  EXPECT_EQ(list.agents(0).host(), "n1");
  EXPECT_EQ(list.agents(0).target(), agents_[0]->target());
  EXPECT_TRUE(list.agents(0).reachable()) << list.agents(0).error();
  EXPECT_EQ(list.agents(0).version(), "fake");
  EXPECT_TRUE(list.agents(0).has_clock_uncertainty());
}

TEST_F(ServiceTest, ShowsTheTopologyAndReadsItAgainOnDemand) {
  v1::GetTopologyRequest request;
  v1::GetTopologyResponse response;
  const auto method = &v1::Controller::StubInterface::GetTopology;
  ASSERT_TRUE(Call(method, request, response).ok());
  EXPECT_EQ(response.topology().hosts_size(), kHosts);
  std::ofstream(dir_.path() + "/inventory.yaml", std::ios::app)
      << "  - {name: n9, addresses: [10.9.0.9]}\n";
  request.set_refresh(true);
  ASSERT_TRUE(Call(method, request, response).ok());
  EXPECT_EQ(response.topology().hosts_size(), kHosts + 1);
}

TEST_F(ServiceTest, ARefreshThatTakesTooLongSaysSo) {
  End();
  refresh_timeout_ = absl::Milliseconds(50);
  http_ = std::make_shared<FakeHttpClient>(
      [](const FakeHttpClient::Call& call) -> absl::StatusOr<HttpResponse> {
        WaitOrStop(call.stop, absl::Seconds(60));
        return absl::CancelledError("stopped");
      });
  Begin();
  v1::GetTopologyRequest request;
  request.set_refresh(true);
  v1::GetTopologyResponse response;
  const absl::Status late =
      Call(&v1::Controller::StubInterface::GetTopology, request, response);
  EXPECT_TRUE(absl::IsDeadlineExceeded(late)) << late;
  EXPECT_THAT(std::string(late.message()), HasSubstr("did not answer in time"));
  const auto detail = GetErrorDetail(late);
  ASSERT_TRUE(detail.has_value()) << late;
  EXPECT_EQ(detail->reason(), "SOURCES_LATE");
  EXPECT_EQ(detail->subject(), "marathon http://m1");
  EXPECT_THAT(detail->advice(), HasSubstr("without a refresh"));
}

TEST_F(ServiceTest, WhatSomebodyAskedWhoIsGoneIsNotBegun) {
  absl::Notification go;
  plans_wait_for_ = &go;
  v1::CreateFaultRequest request;
  *request.mutable_spec() = Halves();
  v1::CreateFaultResponse response;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::milliseconds(100));
  EXPECT_EQ(stub_->CreateFault(&context, request, &response).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  plans_wait_for_ = nullptr;
  go.Notify();
  InForce();
  End();
  EXPECT_EQ(records_.size(), 1u);
  Begin();
}

TEST_F(ServiceTest, ALivingFaultIsHealedAtTheAgentThatHoldsIt) {
  const std::string id = InForce();
  FakeAgent moved("n1", dir_.path() + "/moved.sock", absl::Seconds(1000));
  MoveAgents({moved.target(), agents_[1]->target(), agents_[2]->target()});
  v1::HealFaultsRequest heal;
  heal.add_ids(id);
  ASSERT_TRUE(Heal(heal).ok());
  EXPECT_TRUE(Becomes(id, sunder::v1::FAULT_STATE_HEALED))
      << Get(id)->ShortDebugString();
  EXPECT_EQ(agents_[0]->held(id).state(), agent::v1::STATE_HEALED);
  // Once nothing lives there, the new agent is the host's.
  const std::string next = InForce();
  EXPECT_EQ(moved.held(next).state(), agent::v1::STATE_IN_FORCE);
}

// A Marathon that runs one container on n1, or that cannot be read.
class FakeMarathon {
 public:
  void SetAddress(const std::string& address) {  // Empty: cannot be read.
    absl::MutexLock lock(&mutex_);
    address_ = address;
  }
  absl::StatusOr<HttpResponse> List() {
    absl::MutexLock lock(&mutex_);
    if (address_.empty()) return absl::UnavailableError("refused");
    return HttpResponse{
        200,
        {},
        absl::StrCat(
            R"({"apps":[{"id":"/c","networks":[{"mode":"container"}],)",
            R"("tasks":[{"id":"c.1","state":"TASK_RUNNING",)",
            R"("host":"10.9.0.1","ipAddresses":[{"ipAddress":")", address_,
            R"("}]}]}]})")};
  }

 private:
  absl::Mutex mutex_;
  std::string address_ ABSL_GUARDED_BY(mutex_);
};

class ServiceAndMarathon : public ServiceFixture {
 protected:
  ServiceAndMarathon() {
    http_ = std::make_shared<FakeHttpClient>(
        [marathon = marathon_](const auto&) { return marathon->List(); });
    BeginAgain("172.30.0.7");
  }
  void BeginAgain(const std::string& address) {
    End();
    marathon_->SetAddress(address);
    Begin();
    Read(address);
  }
  void Read(const std::string& address) {
    marathon_->SetAddress(address);
    // What became of it is in the topology's sources.
    discovery_->Refresh(absl::Now() + absl::Seconds(20)).IgnoreError();
    TellTopology();
  }
  // Whether n2 comes to drop what `address` sends.
  bool IsDropped(const std::string& address) {
    const BootInstant give_up = BootNow() + absl::Seconds(15);
    while (BootNow() < give_up) {
      const std::string stage = agents_[1]->last_stage().ShortDebugString();
      if (absl::StrContains(stage, address)) return true;
      absl::SleepFor(absl::Milliseconds(10));  // bounded wait
    }
    return false;
  }

  const std::shared_ptr<FakeMarathon> marathon_ =
      std::make_shared<FakeMarathon>();
};

TEST_F(ServiceAndMarathon, MembersAreNotForgottenWhileMarathonIsYetToBeRead) {
  const std::string id = InForce();
  ASSERT_TRUE(IsDropped("172.30.0.7"));
  BeginAgain("");
  EXPECT_TRUE(Becomes(id, sunder::v1::FAULT_STATE_IN_FORCE));
  Read("172.30.0.8");
  ASSERT_TRUE(IsDropped("172.30.0.8"));
  // Nothing was staged in between, without the container.
  EXPECT_EQ(agents_[1]->last_stage().generation(), 2u);
}

TEST_F(ServiceAndMarathon, APlanSaysWhichSourceWasNeverRead) {
  BeginAgain("");
  auto tried = Create(Halves(), /*validate_only=*/true);
  ASSERT_TRUE(tried.ok()) << tried.status();
  EXPECT_THAT(tried->fault().plan().notes(),
              Contains(HasSubstr("marathon http://m1 has not been read yet")));
  Read("172.30.0.7");
  tried = Create(Halves(), /*validate_only=*/true);
  ASSERT_TRUE(tried.ok()) << tried.status();
  EXPECT_THAT(tried->fault().plan().notes(),
              Not(Contains(HasSubstr("not been read"))));
}

TEST_F(ServiceAndMarathon, AMarathonThatIsDownIsNotAControllerThatIs) {
  marathon_->SetAddress("");
  v1::GetTopologyRequest request;
  request.set_refresh(true);
  v1::GetTopologyResponse response;
  ASSERT_TRUE(
      Call(&v1::Controller::StubInterface::GetTopology, request, response)
          .ok());
  EXPECT_FALSE(response.topology().sources(1).healthy());
  v1::KillTasksRequest kill;
  kill.set_selector("task:c.1");
  v1::KillTasksResponse killed;
  const absl::Status down =
      Call(&v1::Controller::StubInterface::KillTasks, kill, killed);
  EXPECT_TRUE(absl::IsUnavailable(down)) << down;
  ASSERT_TRUE(GetErrorDetail(down).has_value()) << down;
  EXPECT_EQ(GetErrorDetail(down)->reason(), "MARATHON_UNREACHABLE");
  EXPECT_EQ(GetErrorDetail(down)->subject(), "http://m1");
}

TEST_F(ServiceTest, AKillWithoutMarathonIsRefused) {
  v1::KillTasksRequest request;
  request.set_selector("app:/shop");
  request.set_all(true);
  v1::KillTasksResponse response;
  const absl::Status refused =
      Call(&v1::Controller::StubInterface::KillTasks, request, response);
  EXPECT_FALSE(refused.ok());
  EXPECT_FALSE(refused.message().empty());
}

TEST_F(ServiceTest, AnotherControllerOfHigherTermSupersedesIt) {
  InForce();
  auto other = agent::v1::Agent::NewStub(grpc::CreateChannel(
      agents_[0]->target(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  agent::v1::HealRequest heal;
  heal.mutable_caller()->set_term(1000);
  heal.set_fault_id("another");
  agent::v1::HealResponse healed;
  ASSERT_TRUE(other->Heal(&context, heal, &healed).ok());
  const BootInstant give_up = BootNow() + absl::Seconds(10);
  while (!superseded_ && BootNow() < give_up) {
    absl::SleepFor(absl::Milliseconds(10));  // bounded wait
  }
  EXPECT_TRUE(superseded_);
}

TEST_F(ServiceTest, DoesNotTakeASocketOnWhichAnotherListens) {
  auto second = StartServer(Listen(), TlsFiles(), *service_);
  EXPECT_TRUE(absl::IsFailedPrecondition(second.status())) << second.status();
  EXPECT_TRUE(absl::IsNotFound(Get("x").status()));  // The first still answers.
}

}  // namespace
}  // namespace sunder::controller
