#include "controller/api/service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/error_detail.h"
#include "common/grpc_status.h"
#include "controller/api/agent_views.h"
#include "controller/api/heal_request.h"
#include "controller/api/random_values.h"

namespace sunder::controller {
namespace {

constexpr int kPlanners = 2;
constexpr int kWaiters = 8;
constexpr size_t kMaxQueued = 32;

}  // namespace

ControllerService::ControllerService(Engine& engine, Discovery& discovery,
                                     Killer& killer,
                                     std::function<Deployment()> deployment,
                                     absl::Duration refresh_timeout)
    : engine_(engine),
      discovery_(discovery),
      killer_(killer),
      deployment_(std::move(deployment)),
      refresh_timeout_(refresh_timeout),
      follower_(engine, discovery, deployment_),
      planners_("plans", kPlanners, kMaxQueued),
      waiters_("kills and refreshes", kWaiters, kMaxQueued) {}

void ControllerService::Stop() {
  follower_.Stop();
  planners_.Stop();
  waiters_.Stop();
}

grpc::ServerUnaryReactor* ControllerService::InLoop(Context* context,
                                                    Handler handle) {
  Reactor* reactor = context->DefaultReactor();
  engine_.Post([reactor, handle = std::move(handle)] {
    reactor->Finish(ToGrpcStatus(handle()));
  });
  return reactor;
}

grpc::ServerUnaryReactor* ControllerService::By(Workers& workers,
                                                Context* context,
                                                SlowHandler handle) {
  Reactor* reactor = context->DefaultReactor();
  const absl::Status taken =
      workers.Submit([context, reactor,
                      handle = std::move(handle)](const std::stop_token& stop) {
        if (context->IsCancelled()) {
          return reactor->Finish(grpc::Status::CANCELLED);
        }
        reactor->Finish(ToGrpcStatus(handle(stop)));
      });
  if (!taken.ok()) reactor->Finish(ToGrpcStatus(taken));
  return reactor;
}

absl::StatusOr<sunder::v1::Fault> ControllerService::Find(
    const std::string& text) {
  absl::StatusOr<std::string> id = engine_.index().Resolve(text);
  if (!id.ok()) return id.status();
  auto fault = engine_.Find(*id);
  if (!fault) {
    return ErrorWithDetail(absl::StatusCode::kNotFound,
                           absl::StrCat("no fault ", *id), "NO_FAULT", *id);
  }
  return *std::move(fault);
}

grpc::ServerUnaryReactor* ControllerService::GetTopology(
    Context* context, const v1::GetTopologyRequest* request,
    v1::GetTopologyResponse* response) {
  if (!request->refresh()) {
    Reactor* reactor = context->DefaultReactor();
    *response->mutable_topology() = discovery_.Snapshot();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  return By(waiters_, context, [this, response](const auto&) {
    absl::Status read = discovery_.Refresh(absl::Now() + refresh_timeout_);
    // With a detail it is Refresh's own; without, what a source said.
    if (absl::IsDeadlineExceeded(read) && GetErrorDetail(read)) return read;
    // A source that fails says so in the topology; the rest is worth having.
    *response->mutable_topology() = discovery_.Snapshot();
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ControllerService::ListAgents(
    Context* context, const v1::ListAgentsRequest*,
    v1::ListAgentsResponse* response) {
  return InLoop(context, [this, response] {
    *response = AgentViews(engine_.core().Agents(BootNow()), engine_.targets());
    response->set_term(engine_.core().term());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ControllerService::GetFault(
    Context* context, const v1::GetFaultRequest* request,
    v1::GetFaultResponse* response) {
  return InLoop(context, [this, request, response] {
    auto fault = Find(request->id());
    if (!fault.ok()) return fault.status();
    const sunder::v1::Plan* plan = engine_.core().PlanOf(fault->id());
    if (plan != nullptr) *fault->mutable_plan() = *plan;
    *response->mutable_fault() = *std::move(fault);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ControllerService::ListFaults(
    Context* context, const v1::ListFaultsRequest* request,
    v1::ListFaultsResponse* response) {
  return InLoop(context, [this, request, response] {
    for (sunder::v1::Fault& fault : engine_.List(request->include_ended())) {
      *response->add_faults() = std::move(fault);
    }
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ControllerService::HealFaults(
    Context* context, const v1::HealFaultsRequest* request,
    v1::HealFaultsResponse* response) {
  return InLoop(context, [this, request, response] {
    const auto meant = FaultsToHeal(*request, engine_.index());
    if (!meant.ok()) return meant.status();
    // A mistyped name must not keep the others' networks cut.
    for (const absl::Status& why : meant->not_resolved) {
      *response->add_not_healed() = ToStatusDetails(why);
    }
    for (const std::string& id : meant->ids) {
      if (!request->validate_only()) {
        const absl::Status begun =
            engine_.Tell([&](Core& core, BootInstant now) {
              return core.HealFault(id, "healed on demand", now);
            });
        if (!begun.ok()) {
          *response->add_not_healed() = ToStatusDetails(begun);
          continue;
        }
      }
      auto fault = Find(id);
      if (fault.ok()) *response->add_faults() = *std::move(fault);
    }
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ControllerService::KillTasks(
    Context* context, const v1::KillTasksRequest* request,
    v1::KillTasksResponse* response) {
  return By(waiters_, context,
            [this, request, response](const std::stop_token& stop) {
              v1::KillTasksRequest seeded = *request;
              if (seeded.seed() == 0) seeded.set_seed(RandomSeed());
              auto killed = killer_.Kill(seeded, stop);
              if (!killed.ok()) return killed.status();
              *response = *std::move(killed);
              return absl::OkStatus();
            });
}

}  // namespace sunder::controller
