// A fixture for tests of the whole controller in one process: its service over
// gRPC on a unix socket, the real core and fleet, against agents that play the
// protocol in memory.

#ifndef SUNDER_CONTROLLER_API_SERVICE_FIXTURE_H_
#define SUNDER_CONTROLLER_API_SERVICE_FIXTURE_H_

#include <atomic>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/grpc_status.h"
#include "controller/api/server.h"
#include "controller/api/service.h"
#include "controller/fleet/fake_agent.h"
#include "controller/store/fake_store.h"
#include "controller/store/temp_dir.h"
#include "grpcpp/create_channel.h"
#include "gtest/gtest.h"

namespace sunder::controller {

class ServiceFixture : public testing::Test {
 protected:
  static constexpr int kHosts = 3;

  ServiceFixture() {
    std::vector<std::string> targets;
    for (int i = 1; i <= kHosts; ++i) {
      const std::string name = absl::StrCat("n", i);
      agents_.push_back(std::make_unique<FakeAgent>(
          name, absl::StrCat(dir_.path(), "/", name, ".sock"),
          absl::Seconds(1000 * i)));
      targets.push_back(agents_.back()->target());
    }
    WriteInventory(targets);
    Begin();
  }
  ~ServiceFixture() override { End(); }

  // n1, n2, ..., each with its agent at one of `targets`.
  void WriteInventory(const std::vector<std::string>& targets) {
    std::ofstream inventory(dir_.path() + "/inventory.yaml");
    inventory << "hosts:\n";
    int i = 0;
    for (const std::string& target : targets) {
      ++i;
      inventory << "  - {name: n" << i << ", addresses: [10.9.0." << i
                << "], agent: \"" << target << "\"}\n";
    }
  }

  void Begin() {
    DiscoveryOptions options;
    options.inventory_path = dir_.path() + "/inventory.yaml";
    if (http_ != nullptr) options.marathon_urls = {"http://m1"};
    options.follow_events = false;
    discovery_ = *Discovery::Create(options, http_);
    loop_ = *EventLoop::Create();
    Options core;
    core.boot_base = BootNow();
    core.wall_base = WallNow();
    store_ = std::make_unique<FakeStore>(++term_);
    store_->records = records_;
    engine_ = std::make_unique<Engine>(*loop_, core, *store_, TlsFiles(),
                                       [this] { superseded_ = true; });
    ASSERT_TRUE(engine_->Start(discovery_->Snapshot()).ok());
    killer_ = std::make_unique<Killer>(*discovery_, KillerOptions());
    service_ = std::make_unique<ControllerService>(
        *engine_, *discovery_, *killer_,
        [this] {
          absl::Notification* go = plans_wait_for_;
          if (go != nullptr) go->WaitForNotification();
          return Deployment();
        },
        refresh_timeout_);
    server_ = *StartServer(Listen(), TlsFiles(), *service_);
    thread_ = std::thread([this] { EXPECT_TRUE(loop_->Run().ok()); });
    discovery_->Start();
    stub_ = v1::Controller::NewStub(
        grpc::CreateChannel(Listen(), grpc::InsecureChannelCredentials()));
  }

  // As the program does; what the store holds is kept for the next Begin.
  void End() {
    service_->Stop();
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
    discovery_->Stop();
    loop_->Stop();
    thread_.join();
    server_.reset();
    service_.reset();
    engine_.reset();
    records_ = store_->records;
  }

  std::string Listen() const {
    return "unix:" + dir_.path() + "/controller.sock";
  }

  static sunder::v1::FaultSpec Halves() {
    sunder::v1::FaultSpec spec;
    spec.mutable_shape()->mutable_partial()->set_a("host:n1");
    spec.mutable_shape()->mutable_partial()->set_b("host:n2,host:n3");
    spec.mutable_behaviour()->mutable_drop();
    spec.mutable_duration()->set_seconds(60);
    spec.set_name("split");
    spec.set_owner("me");
    return spec;
  }

  template <typename Request, typename Response>
  absl::Status Call(grpc::Status (v1::Controller::StubInterface::*method)(
                        grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response& response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(20));
    return FromGrpcStatus((stub_.get()->*method)(&context, request, &response));
  }

  absl::StatusOr<v1::CreateFaultResponse> Create(
      const sunder::v1::FaultSpec& spec, bool validate_only = false) {
    v1::CreateFaultRequest request;
    *request.mutable_spec() = spec;
    request.set_validate_only(validate_only);
    v1::CreateFaultResponse response;
    absl::Status status =
        Call(&v1::Controller::StubInterface::CreateFault, request, response);
    if (!status.ok()) return status;
    return response;
  }

  absl::StatusOr<sunder::v1::Fault> Get(const std::string& id) {
    v1::GetFaultRequest request;
    request.set_id(id);
    v1::GetFaultResponse response;
    absl::Status status =
        Call(&v1::Controller::StubInterface::GetFault, request, response);
    if (!status.ok()) return status;
    return response.fault();
  }

  absl::StatusOr<v1::HealFaultsResponse> Heal(
      const v1::HealFaultsRequest& request) {
    v1::HealFaultsResponse response;
    absl::Status status =
        Call(&v1::Controller::StubInterface::HealFaults, request, response);
    if (!status.ok()) return status;
    return response;
  }

  // The states that WatchFault tells until `last` or the stream's end.
  std::vector<sunder::v1::FaultState> Watch(const std::string& id,
                                            sunder::v1::FaultState last) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(20));
    v1::WatchFaultRequest request;
    request.set_id(id);
    auto stream = stub_->WatchFault(&context, request);
    std::vector<sunder::v1::FaultState> states;
    v1::WatchFaultResponse response;
    while (stream->Read(&response)) {
      states.push_back(response.fault().state());
      if (states.back() == last) break;
    }
    context.TryCancel();
    return states;
  }

  // How a WatchFault ends that tells nothing.
  absl::Status WatchError(const std::string& id, bool hold) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(20));
    v1::WatchFaultRequest request;
    request.set_id(id);
    request.set_hold(hold);
    auto stream = stub_->WatchFault(&context, request);
    v1::WatchFaultResponse response;
    if (stream->Read(&response)) {
      ADD_FAILURE() << response.ShortDebugString();
      context.TryCancel();
    }
    return FromGrpcStatus(stream->Finish());
  }

  std::string InForce(const sunder::v1::FaultSpec& spec = Halves()) {
    auto created = Create(spec);
    EXPECT_TRUE(created.ok()) << created.status();
    if (!created.ok()) return "";
    const std::string id = created->fault().id();
    EXPECT_EQ(Watch(id, sunder::v1::FAULT_STATE_IN_FORCE).back(),
              sunder::v1::FAULT_STATE_IN_FORCE)
        << Get(id)->ShortDebugString();
    return id;
  }

  // Whether `id` comes to `state` within 15 s.
  bool Becomes(const std::string& id, sunder::v1::FaultState state) {
    const BootInstant give_up = BootNow() + absl::Seconds(15);
    while (BootNow() < give_up) {
      auto fault = Get(id);
      if (fault.ok() && fault->state() == state) return true;
      absl::SleepFor(absl::Milliseconds(10));  // bounded wait
    }
    return false;
  }

  // From now on the agents are there.
  void MoveAgents(const std::vector<std::string>& targets) {
    WriteInventory(targets);
    ASSERT_TRUE(discovery_->Refresh(absl::Now() + absl::Seconds(20)).ok());
    TellTopology();
  }

  // The program has discovery do so.
  void TellTopology() {
    engine_->Post([this, topology = discovery_->Snapshot()] {
      engine_->SetTopology(topology);
    });
    service_->FollowMembers();
  }

  TempDir dir_;
  std::vector<std::unique_ptr<FakeAgent>> agents_;
  std::shared_ptr<HttpClient> http_;  // Plays a Marathon, from Begin on.
  absl::Duration refresh_timeout_ = absl::Seconds(20);
  uint64_t term_ = 0;
  std::atomic<bool> superseded_ = false;
  std::atomic<absl::Notification*> plans_wait_for_ = nullptr;
  std::map<std::string, std::string> records_;
  std::unique_ptr<FakeStore> store_;
  std::unique_ptr<Discovery> discovery_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Killer> killer_;
  std::unique_ptr<ControllerService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::thread thread_;
  std::unique_ptr<v1::Controller::StubInterface> stub_;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_API_SERVICE_FIXTURE_H_
