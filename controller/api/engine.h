// The shell around the core: turns answers, timers and requests into its
// events, and carries its actions out: calls to the fleet, records to the store
// (in a thread of its own, so that no keep-alive waits for the disk), news to
// the watchers and the log.
//
// Lives in the loop's thread, except Post, which any thread may call. Made
// before the loop runs, destroyed when it runs no more.

#ifndef SUNDER_CONTROLLER_API_ENGINE_H_
#define SUNDER_CONTROLLER_API_ENGINE_H_

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/event_loop.h"
#include "common/tls.h"
#include "controller/api/fault_index.h"
#include "controller/api/transition_log.h"
#include "controller/api/watch_hub.h"
#include "controller/api/workers.h"
#include "controller/core/core.h"
#include "controller/fleet/fleet.h"
#include "controller/store/store.h"
#include "sunder/v1/topology.pb.h"

namespace sunder::controller {

class Engine : private FleetListener {
 public:
  // `on_superseded` is called when another controller has taken over.
  Engine(EventLoop& loop, const Options& options, Store& store, TlsFiles tls,
         std::function<void()> on_superseded);

  // Once, first of all: takes up what the store has. The agents of its faults
  // must be known from the first moment.
  absl::Status Start(const sunder::v1::Topology& topology);

  // The hosts and their agents from now on.
  void SetTopology(const sunder::v1::Topology& topology);

  // Has `task` run in the loop's thread.
  void Post(EventLoop::Task task) { loop_.Post(std::move(task)); }

  // Gives the core one event, and carries out what follows from it.
  // `event(core, now)`; returns what it returns.
  template <typename Event>
  auto Tell(Event event) {
    auto result = event(core_, BootNow());
    Pump();
    return result;
  }

  // By full id; also one that has ended. Both without their plans' flows, which
  // the core tells (PlanOf).
  std::optional<sunder::v1::Fault> Find(const std::string& id);
  std::vector<sunder::v1::Fault> List(bool include_ended);  // Newest first.

  const Core& core() const { return core_; }
  const FaultIndex& index() const { return index_; }
  const std::map<std::string, std::string>& targets() const { return targets_; }
  WatchHub& hub() { return hub_; }
  Fleet& fleet() { return fleet_; }

 private:
  void OnReply(CallId id, const absl::StatusOr<Response>& reply,
               BootInstant sent, BootInstant received) override;
  void OnReport(const std::string& host,
                const agent::v1::WatchResponse& report) override;
  void OnUnreachable(const std::string& host, const absl::Status& why) override;

  // Carries out what the core wants done.
  void Pump();
  // The same after what the loop already has to do: a hundred agents answer at
  // about the same time, and what follows is told once.
  void PumpSoon();
  void CarryOut(const Call& call);
  void CarryOut(const Persist& persist);
  void CarryOut(const Forget& forget);
  void CarryOut(const Notify& notify);
  void CarryOut(const Superseded& superseded);
  void Wrote(const std::string& fault_id, const absl::Status& status);
  void TellChanged();
  void SetTargets();

  EventLoop& loop_;
  Store& store_;
  const std::function<void()> on_superseded_;
  Core core_;
  FaultIndex index_;
  TransitionLog log_;
  WatchHub hub_;
  std::set<std::string> changed_;               // Not yet told to the watchers.
  std::map<std::string, std::string> newest_;   // The topology's, by host.
  std::map<std::string, std::string> targets_;  // Those in use, by host.
  bool pump_due_ = false;
  Fleet fleet_;
  Workers writer_;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_API_ENGINE_H_
