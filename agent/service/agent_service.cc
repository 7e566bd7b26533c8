#include "agent/service/agent_service.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/core/admission.h"
#include "agent/kernel/local_addresses.h"
#include "agent/rules/compile.h"
#include "agent/rules/to_nft.h"
#include "agent/service/protect.h"
#include "common/clock.h"
#include "common/grpc_status.h"
#include "common/log.h"

namespace sunder::agent {
namespace {

std::vector<Address> AddressesOrNone() {
  absl::StatusOr<std::vector<Address>> addresses = LocalAddresses();
  if (addresses.ok()) return *std::move(addresses);
  spdlog::warn("addresses of this host: {}", addresses.status().ToString());
  return {};
}

}  // namespace

AgentService::AgentService(About about, Driver* driver, const StopLatch* latch,
                           EventLoop* loop)
    : about_(std::move(about)), driver_(driver), latch_(latch), loop_(loop) {
  SetMessageAllocatorFor_Stage(&stage_messages_);
  driver_->SetOnNotify([this](const v1::Held& held) {
    v1::WatchResponse response;
    *response.mutable_stamp() = Stamp();
    *response.mutable_held() = held;
    for (const auto& watcher : watchers_) watcher->Push(response);
  });
}

void AgentService::Close() {
  closed_ = true;
  for (const auto& watcher : watchers_) {
    watcher->Close(
        grpc::Status(grpc::StatusCode::UNAVAILABLE, "the agent is going away"));
  }
}

v1::Stamp AgentService::Stamp() const {
  return driver_->core().StampAt(BootNow());
}

grpc::Status AgentService::WithStamp(absl::Status status) const {
  if (!status.ok()) AttachTo(status, Stamp());
  return ToGrpcStatus(status);
}

template <typename Response>
Driver::OnReply AgentService::Finisher(grpc::ServerUnaryReactor* reactor,
                                       Response* response) {
  return [this, reactor, response](absl::Status status, const v1::Held& held) {
    if (status.ok()) *response->mutable_held() = held;
    *response->mutable_stamp() = Stamp();
    reactor->Finish(WithStamp(std::move(status)));
  };
}

grpc::ServerUnaryReactor* AgentService::Describe(
    grpc::CallbackServerContext* context, const v1::DescribeRequest* request,
    v1::DescribeResponse* response) {
  auto* reactor = context->DefaultReactor();
  response->set_name(about_.name);
  response->set_version(about_.version);
  for (const v1::Feature& feature : about_.features) {
    *response->add_features() = feature;
  }
  response->set_latched(latch_->IsSet());
  const uint64_t term = request->name() == about_.name ? request->term() : 0;
  loop_->Post([this, term, reactor, response] {
    driver_->HearTerm(term);
    for (const std::string& address : driver_->core().local_addresses()) {
      response->add_addresses(address);
    }
    for (v1::Held& held : driver_->core().Held()) {
      *response->add_held() = std::move(held);
    }
    for (const std::string& line : driver_->core().start_report()) {
      response->add_start_report(line);
    }
    *response->mutable_stamp() = Stamp();  // Last: it is a clock's reading.
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

grpc::ServerUnaryReactor* AgentService::Stage(
    grpc::CallbackServerContext* context, const v1::StageRequest* /*request*/,
    v1::StageResponse* response) {
  auto* reactor = context->DefaultReactor();
  auto own =
      static_cast<StageMessage*>(context->GetRpcAllocatorState())->Share();
  Protect(about_.listen, AddressesOrNone(), *own);
  if (own->validate_only()) {
    ValidateOnly(std::move(own), reactor, response);
  } else {
    loop_->Post([this, own, reactor, response] {
      driver_->Stage(own, Finisher(reactor, response));
    });
  }
  return reactor;
}

void AgentService::ValidateOnly(std::shared_ptr<const v1::StageRequest> request,
                                grpc::ServerUnaryReactor* reactor,
                                v1::StageResponse* response) {
  loop_->Post([this, request = std::move(request), reactor, response] {
    // First of all: whoever is refused has nothing compiled.
    absl::Status status = driver_->core().Check(*request, BootNow());
    if (status.ok() && latch_->IsSet()) status = latch_->Refusal();
    if (status.ok()) {
      const FaultKey key{request->fault_id(), request->generation(),
                         request->digest()};
      const absl::StatusOr<Program> program =
          Compile(0, key, request->flows(), request->protected_());
      status = program.status();
      if (program.ok()) response->set_ruleset(ToNft(*program));
    }
    *response->mutable_stamp() = Stamp();
    reactor->Finish(WithStamp(std::move(status)));
  });
}

grpc::ServerUnaryReactor* AgentService::Arm(
    grpc::CallbackServerContext* context, const v1::ArmRequest* request,
    v1::ArmResponse* response) {
  auto* reactor = context->DefaultReactor();
  loop_->Post([this, request, reactor, response] {
    driver_->Arm(*request, Finisher(reactor, response));
  });
  return reactor;
}

grpc::ServerUnaryReactor* AgentService::KeepAlive(
    grpc::CallbackServerContext* context, const v1::KeepAliveRequest* request,
    v1::KeepAliveResponse* response) {
  auto* reactor = context->DefaultReactor();
  loop_->Post([this, request, reactor, response] {
    driver_->KeepAlive(*request, Finisher(reactor, response));
  });
  return reactor;
}

grpc::ServerUnaryReactor* AgentService::Heal(
    grpc::CallbackServerContext* context, const v1::HealRequest* request,
    v1::HealResponse* response) {
  auto* reactor = context->DefaultReactor();
  loop_->Post([this, request, reactor, response] {
    driver_->Heal(*request, Finisher(reactor, response));
  });
  return reactor;
}

grpc::ServerWriteReactor<v1::WatchResponse>* AgentService::Watch(
    grpc::CallbackServerContext* /*context*/,
    const v1::WatchRequest* /*request*/) {
  auto watcher = Watcher::Make([this](std::shared_ptr<Watcher> done) {
    loop_->Post([this, done = std::move(done)] { watchers_.erase(done); });
  });
  loop_->Post([this, watcher] {
    if (closed_) {
      return watcher->Close(grpc::Status(grpc::StatusCode::UNAVAILABLE,
                                         "the agent is going away"));
    }
    watchers_.insert(watcher);
    for (v1::Held& held : driver_->core().Held()) {
      v1::WatchResponse response;
      *response.mutable_stamp() = Stamp();
      *response.mutable_held() = std::move(held);
      watcher->Push(response);
    }
  });
  return watcher.get();
}

}  // namespace sunder::agent
