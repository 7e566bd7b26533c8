// The life of one fault over all its hosts. Owned by Core; pure.
//
// Events record facts (in the host parts and in a few fields); Step looks at
// all facts and does whatever is due. So the order of events matters little,
// and a lost, late or repeated one does no harm.

#ifndef SUNDER_CONTROLLER_CORE_FAULT_H_
#define SUNDER_CONTROLLER_CORE_FAULT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/instant.h"
#include "controller/core/action.h"
#include "controller/core/agent_link.h"
#include "controller/core/host_part.h"
#include "controller/core/options.h"
#include "controller/core/outbox.h"
#include "controller/core/timeline.h"
#include "controller/core/wake.h"
#include "sunder/agent/v1/agent.pb.h"
#include "sunder/controller/store/v1/record.pb.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::controller {

// What a fault uses of its core.
struct Surroundings {
  const Options& options;
  const Timeline& timeline;
  const uint64_t& term;
  Outbox& out;
};

class Fault {
 public:
  using LinkOf = absl::FunctionRef<AgentLink&(const std::string& host)>;

  // A new one; waits for Persisted.
  static std::unique_ptr<Fault> Declare(Surroundings core,
                                        const std::string& id,
                                        const sunder::v1::FaultSpec& spec,
                                        const sunder::v1::Plan& plan,
                                        LinkOf link_of, BootInstant now);
  // One that an earlier life of the controller left.
  static std::unique_ptr<Fault> Restore(Surroundings core,
                                        const store::v1::FaultRecord& record,
                                        LinkOf link_of, BootInstant now);

  // ---- Facts; Step follows each.
  void Persisted(const absl::Status& status, BootInstant now);
  void Heal(const std::string& reason, BootInstant now);
  void HolderAttached() { ++holders_; }
  void HolderGone(BootInstant now);
  void Replied(const PendingCall& call, const absl::StatusOr<Response>& reply,
               BootInstant now);
  // The agent said at `stamp` what it holds of this fault.
  void Reported(const std::string& host, const agent::v1::Held& held,
                const agent::v1::Stamp& stamp);
  // `new_life`: the agent is not the one that answered before.
  void Described(const std::string& host,
                 const agent::v1::DescribeResponse& response, bool new_life);
  // Another controller has taken over: nothing is known from now on.
  void Superseded(const std::string& reason);

  void Step(BootInstant now);

  // ---- What is so.
  const sunder::v1::Fault& view() const { return view_; }
  store::v1::FaultRecord Record() const;
  bool ended() const { return phase_ == Phase::kEnded; }
  const Wake& wake() const { return wake_; }
  // The view has changed since this was asked last.
  bool TakeChanged() { return std::exchange(changed_, false); }

 private:
  enum class Phase {
    kRecording,  // The record is not yet durable; nothing was sent.
    kStaging,
    kArming,    // Arm was sent; not all hosts have acknowledged.
    kHolding,   // All have; from T0 on kept alive.
    kAdopting,  // After a restart, until every host has told what it holds.
    kHealing,
    kEnded,
  };
  enum class Cause { kDemand, kGap, kEnd };

  Fault(Surroundings core, sunder::v1::Fault view, LinkOf link_of);
  HostPart* Find(const std::string& host);
  void SetState(sunder::v1::FaultState state);
  void Save();

  // fault_start.cc
  void StepHolder(BootInstant now);
  void StepStaging(BootInstant now);
  bool StageOn(HostPart& part, BootInstant now);
  absl::Duration Lead() const;
  void SendArms(BootInstant now);
  void StepArming(BootInstant now);
  void StepAdopting(BootInstant now);
  void Adopt(BootInstant now);

  // fault_hold.cc
  void StepHolding(BootInstant now);
  void LookForGaps(BootInstant now);
  void Gap(HostPart& part, const std::string& why, BootInstant now);
  void LookWhetherWhole(BootInstant now);
  bool AllAcknowledged() const;
  std::optional<BootInstant> Floor() const;
  absl::Duration WorstUncertainty(BootInstant t) const;
  void Extend(BootInstant now);
  void SendKeepAlives(BootInstant now);

  // fault_heal.cc
  void BeginHealing(Cause cause, const std::string& reason, BootInstant now);
  void StepHealing(BootInstant now);
  bool HealOn(HostPart& part, BootInstant now);  // True: nothing left to do.
  void End(BootInstant now);

  const Surroundings core_;
  sunder::v1::Fault view_;
  std::vector<HostPart> parts_;
  absl::Duration horizon_;  // FaultRecord.horizon
  Phase phase_ = Phase::kRecording;
  Wake wake_;
  bool changed_ = true;

  BootInstant phase_began_;
  int holders_ = 0;
  std::optional<BootInstant> holderless_since_;

  // From Arm on.
  BootInstant t0_, end_;
  uint64_t number_ = 0;         // Of the last keep-alive sent; 0: Arm.
  BootInstant expiry_;          // Its common expiry.
  BootInstant round_deadline_;  // By when all must have acknowledged it.
  bool whole_ = false;          // It was in force on all hosts at one time.

  Cause cause_ = Cause::kDemand;  // Of healing.
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_CORE_FAULT_H_
