// CreateFault: resolve, plan, then declare to the core or only try out.

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/error_detail.h"
#include "common/grpc_status.h"
#include "common/log.h"
#include "controller/api/dry_run.h"
#include "controller/api/random_values.h"
#include "controller/api/service.h"
#include "controller/planner/planner.h"

namespace sunder::controller {
namespace {

absl::Status Check(const v1::CreateFaultRequest& request) {
  if (request.has_spec()) return absl::OkStatus();  // Planning looks at it.
  return ErrorWithDetail(absl::StatusCode::kInvalidArgument,
                         "the request has no spec", "MISSING", "spec",
                         "Say what to cut, and for how long.");
}

}  // namespace

grpc::ServerUnaryReactor* ControllerService::CreateFault(
    Context* context, const v1::CreateFaultRequest* request,
    v1::CreateFaultResponse* response) {
  Reactor* reactor = context->DefaultReactor();
  absl::Status taken = Check(*request);
  if (taken.ok()) {
    taken = planners_.Submit(
        [this, context, request, response, reactor](const auto&) {
          PlanFault(context, *request, response, reactor);
        });
  }
  if (!taken.ok()) reactor->Finish(ToGrpcStatus(taken));
  return reactor;
}

void ControllerService::PlanFault(const Context* context,
                                  const v1::CreateFaultRequest& request,
                                  v1::CreateFaultResponse* response,
                                  Reactor* reactor) {
  sunder::v1::FaultSpec spec = request.spec();
  if (spec.seed() == 0) spec.set_seed(RandomSeed());
  const uint64_t looks = follower_.looks();
  const sunder::v1::Topology topology = discovery_.Snapshot();
  absl::StatusOr<sunder::v1::Plan> plan =
      MakePlan(topology, spec, deployment_());
  if (!plan.ok()) {
    spdlog::info("fault refused error=\"{}\"", plan.status().ToString());
    return reactor->Finish(ToGrpcStatus(plan.status()));
  }
  for (const std::string& source : NeverRead(topology)) {
    plan->add_notes(
        absl::StrCat(source,
                     " has not been read yet: tasks that only it knows "
                     "are not in this plan until it has been"));
  }
  const bool try_out = request.validate_only();
  engine_.Post([this, context, spec, plan = *std::move(plan), looks, response,
                reactor, try_out]() mutable {
    // Whoever asked is gone, and may have been told to heal what came of it.
    if (context->IsCancelled()) return reactor->Finish(grpc::Status::CANCELLED);
    if (try_out) return TryOut(spec, plan, response, reactor);
    Declare(spec, std::move(plan), looks, response, reactor);
  });
}

void ControllerService::Declare(const sunder::v1::FaultSpec& spec,
                                sunder::v1::Plan plan, uint64_t looks,
                                v1::CreateFaultResponse* response,
                                Reactor* reactor) {
  const std::string id = RandomFaultId();
  const absl::Status created = engine_.Tell([&](Core& core, BootInstant now) {
    return core.CreateFault(id, spec, std::move(plan), now);
  });
  if (created.ok()) {
    *response->mutable_fault() = engine_.Find(id).value_or(sunder::v1::Fault());
    if (follower_.looks() != looks) follower_.Look();  // They did without it.
  } else {
    spdlog::info("fault refused error=\"{}\"", created.ToString());
  }
  reactor->Finish(ToGrpcStatus(created));
}

void ControllerService::TryOut(const sunder::v1::FaultSpec& spec,
                               const sunder::v1::Plan& plan,
                               v1::CreateFaultResponse* response,
                               Reactor* reactor) {
  *response->mutable_fault()->mutable_spec() = spec;
  *response->mutable_fault()->mutable_plan() = plan;
  DryRun::Begin(engine_.fleet(), engine_.core().term(), plan,
                [response, reactor](const auto& rulesets) {
                  for (const v1::HostRuleset& ruleset : rulesets) {
                    *response->add_rulesets() = ruleset;
                  }
                  reactor->Finish(grpc::Status::OK);
                });
}

}  // namespace sunder::controller
