// WatchFault: streams of one fault's states, some of which hold it.

#include <utility>

#include "common/error_detail.h"
#include "controller/api/service.h"

namespace sunder::controller {

grpc::ServerWriteReactor<v1::WatchFaultResponse>* ControllerService::WatchFault(
    Context*, const v1::WatchFaultRequest* request) {
  auto watching = std::make_shared<Watching>();
  auto reactor = WatchReactor::Create([this, watching] {
    engine_.Post([this, watching] { Detach(*watching); });
  });
  watching->reactor = reactor;
  // Before it can end, so before Detach.
  engine_.Post([this, watching, request = *request] {
    const absl::Status attached = Attach(request, *watching);
    if (!attached.ok()) watching->reactor->Fail(attached);
  });
  return reactor.get();
}

absl::Status ControllerService::Attach(const v1::WatchFaultRequest& request,
                                       Watching& watching) {
  auto fault = Find(request.id());
  if (!fault.ok()) return fault.status();
  if (request.hold() && !fault->spec().hold()) {
    return ErrorWithDetail(
        absl::StatusCode::kFailedPrecondition,
        "the fault " + fault->id() + " was not declared to be held", "NOT_HELD",
        fault->id(), "Watch it without hold, or heal it.");
  }
  watching.fault_id = fault->id();
  if (request.hold() && !IsFinal(fault->state())) {
    absl::Status held = engine_.Tell([&](Core& core, BootInstant /*now*/) {
      return core.HolderAttached(fault->id());
    });
    if (!held.ok()) return held;
    watching.holds = true;
    fault = Find(fault->id());
    if (!fault.ok()) return fault.status();
  }
  engine_.hub().Add(fault->id(), watching.reactor);
  watching.reactor->Offer(WatchHub::MessageOf(*fault), IsFinal(fault->state()));
  return absl::OkStatus();
}

void ControllerService::Detach(Watching& watching) {
  engine_.hub().Remove(watching.fault_id, watching.reactor);
  watching.reactor = nullptr;
  if (!watching.holds) return;
  // NOT_FOUND: the fault has ended meanwhile.
  engine_
      .Tell([&](Core& core, BootInstant now) {
        return core.HolderGone(watching.fault_id, now);
      })
      .IgnoreError();
}

}  // namespace sunder::controller
