// The whole controller in one process (service_fixture.h).

#include <fstream>
#include <string>

#include "common/error_detail.h"
#include "controller/api/service_fixture.h"
#include "controller/core/digest.h"
#include "controller/discovery/fake_http_client.h"
#include "controller/discovery/stoppable_wait.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::HasSubstr;

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
