// The gRPC service of the command line and of test suites, on top of the
// engine, the planner, discovery and kills. Every request is checked here at
// its edges or by the part that does it; gRPC's threads never block: what waits
// or computes long goes to workers, what belongs to the core to the loop.
//
// Outlives its server; the loop must run until the server has shut down.

#ifndef SUNDER_CONTROLLER_API_SERVICE_H_
#define SUNDER_CONTROLLER_API_SERVICE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controller/api/engine.h"
#include "controller/api/follower.h"
#include "controller/api/watch_reactor.h"
#include "controller/api/workers.h"
#include "controller/discovery/discovery.h"
#include "controller/kills/killer.h"
#include "controller/planner/deployment.h"
#include "sunder/controller/v1/controller.grpc.pb.h"

namespace sunder::controller {

class ControllerService final : public v1::Controller::CallbackService {
 public:
  // `deployment` is asked for plans, in the workers that make them; it may
  // block for seconds.
  ControllerService(Engine& engine, Discovery& discovery, Killer& killer,
                    std::function<Deployment()> deployment,
                    absl::Duration refresh_timeout = absl::Seconds(20));

  // The topology has changed: living faults follow their members. Thread-safe.
  void FollowMembers() { follower_.Look(); }

  // Before the server shuts down: whoever waits is answered soon.
  void Stop();

 private:
  using Reactor = grpc::ServerUnaryReactor;
  using Context = grpc::CallbackServerContext;

  Reactor* GetTopology(Context* context, const v1::GetTopologyRequest* request,
                       v1::GetTopologyResponse* response) override;
  Reactor* ListAgents(Context* context, const v1::ListAgentsRequest* request,
                      v1::ListAgentsResponse* response) override;
  Reactor* CreateFault(Context* context, const v1::CreateFaultRequest* request,
                       v1::CreateFaultResponse* response) override;
  Reactor* GetFault(Context* context, const v1::GetFaultRequest* request,
                    v1::GetFaultResponse* response) override;
  Reactor* ListFaults(Context* context, const v1::ListFaultsRequest* request,
                      v1::ListFaultsResponse* response) override;
  Reactor* HealFaults(Context* context, const v1::HealFaultsRequest* request,
                      v1::HealFaultsResponse* response) override;
  Reactor* KillTasks(Context* context, const v1::KillTasksRequest* request,
                     v1::KillTasksResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchFaultResponse>* WatchFault(
      Context* context, const v1::WatchFaultRequest* request) override;

  // Runs `handle` in the loop, or by `workers`, and finishes `reactor` with
  // what it returns.
  using Handler = std::function<absl::Status()>;
  Reactor* InLoop(Context* context, Handler handle);
  using SlowHandler = std::function<absl::Status(const std::stop_token& stop)>;
  static Reactor* By(Workers& workers, Context* context, SlowHandler handle);

  // create_fault.cc
  void PlanFault(const Context* context, const v1::CreateFaultRequest& request,
                 v1::CreateFaultResponse* response, Reactor* reactor);
  // `looks`: the follower's, before it was planned.
  void Declare(const sunder::v1::FaultSpec& spec, sunder::v1::Plan plan,
               uint64_t looks, v1::CreateFaultResponse* response,
               Reactor* reactor);
  void TryOut(const sunder::v1::FaultSpec& spec, const sunder::v1::Plan& plan,
              v1::CreateFaultResponse* response, Reactor* reactor);

  // Of one WatchFault stream; lives in the loop.
  struct Watching {
    std::shared_ptr<WatchReactor> reactor;
    std::string fault_id;
    bool holds = false;
  };
  absl::Status Attach(const v1::WatchFaultRequest& request, Watching& watching);
  void Detach(Watching& watching);

  absl::StatusOr<sunder::v1::Fault> Find(const std::string& text);

  Engine& engine_;
  Discovery& discovery_;
  Killer& killer_;
  const std::function<Deployment()> deployment_;
  const absl::Duration refresh_timeout_;
  Follower follower_;
  Workers planners_;
  Workers waiters_;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_API_SERVICE_H_
