// The life of one fault over all its hosts. Owned by Core; pure.
//
// Events record facts (in the host parts and in a few fields); Step looks at
// all facts and does whatever is due. So the order of events matters little,
// and a lost, late or repeated one does no harm.
//
// A fault has one part for each host and generation. When members move, a new
// generation is staged and armed beside the one in force, kept alive with it by
// the same keep-alives, and once it is read back everywhere the former one is
// healed: what both drop is dropped all the while.

#ifndef SUNDER_CONTROLLER_CORE_FAULT_H_
#define SUNDER_CONTROLLER_CORE_FAULT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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

// What people are shown of a plan: who is on which side, on which hosts, and
// the notes. What each host drops grows with the square of the members.
sunder::v1::Plan WithoutFlows(const sunder::v1::Plan& plan);

// What a fault uses of its core.
struct Surroundings {
  const Options& options;
  const Timeline& timeline;
  const uint64_t& term;
  Outbox& out;
  std::function<AgentLink&(const std::string& host)> link_of;
};

class Fault {
 public:
  // A new one; waits for Persisted.
  static std::unique_ptr<Fault> Declare(const Surroundings& core,
                                        const std::string& id,
                                        const sunder::v1::FaultSpec& spec,
                                        sunder::v1::Plan plan, BootInstant now);
  // One that an earlier life of the controller left.
  static std::unique_ptr<Fault> Restore(const Surroundings& core,
                                        const store::v1::FaultRecord& record,
                                        BootInstant now);

  // ---- Facts; Step follows.
  void Persisted(const absl::Status& status, BootInstant now);
  void Heal(const std::string& reason, BootInstant now);
  // Its members have moved: this is its plan now.
  void MembersMoved(sunder::v1::Plan plan);
  // They have moved so that there is no plan for it.
  void CannotFollow(const std::string& why);
  void HolderAttached() { ++holders_; }
  void HolderGone(BootInstant now);
  void Replied(const PendingCall& call, const absl::StatusOr<Response>& reply,
               BootInstant now);
  // The agent said at `stamp` what it holds of one generation of this fault.
  void Reported(const std::string& host, const agent::v1::Held& held,
                const agent::v1::Stamp& stamp);
  // `new_life`: the agent is not the one that answered before.
  void Described(const std::string& host,
                 const agent::v1::DescribeResponse& response, bool new_life);
  // Another controller has taken over: nothing is known from now on.
  void Superseded(const std::string& reason);

  void Step(BootInstant now);

  // ---- What is so.
  // Its plan is without flows.
  const sunder::v1::Fault& view() const { return view_; }
  // Of the view's generation; without flows once it has ended.
  const sunder::v1::Plan& plan() const { return plan_; }
  // In force, going out, or to go out next.
  const sunder::v1::Plan& newest_plan() const;
  store::v1::FaultRecord Record() const;
  bool ended() const { return phase_ == Phase::kEnded; }
  const Wake& wake() const { return wake_; }
  // Tells the links to its hosts' agents that it needs them.
  void NeedLinks() const;
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
  // How far the next generation is; within kHolding.
  enum class Change {
    kNone,
    kRecording,  // The record is not yet durable; nothing was sent.
    kStaging,
    kArming,
    kProving,   // Kept alive with the former one, until all have read it back.
    kRetiring,  // One of the two is being healed.
  };
  // Whether a generation is in force at all its hosts.
  enum class Holding { kNotKnown, kGap, kAll };

  Fault(Surroundings core, sunder::v1::Fault view);
  HostPart& AddPart(sunder::v1::HostStatus* status);
  void AddGeneration(uint64_t generation, const sunder::v1::Plan& plan);
  void SetState(sunder::v1::FaultState state);
  void SetPlan(sunder::v1::Plan plan);
  void Save();
  void HearHealed(HostPart& part, const agent::v1::HealResponse& response,
                  BootInstant now);
  void HearUnknown(const std::string& host, const agent::v1::Held& held);

  // fault_start.cc
  void StepHolder(BootInstant now);
  void StepStaging(BootInstant now);
  // Whether all parts that come are staged, or why they will not be.
  absl::StatusOr<bool> StageComing(BootInstant now);
  bool StageOn(HostPart& part, BootInstant now);
  absl::Status CheckClocks(BootInstant now) const;
  absl::Duration Lead() const;
  void ArmFirst(BootInstant now);
  // Of what comes, with the instants as they are set.
  void SendArms();
  void StepArming(BootInstant now);
  // Whether all parts that come are armed, and kept from now on; or why not.
  absl::StatusOr<bool> KeepArmed(BootInstant now);
  void StepAdopting(BootInstant now);
  Holding Look(uint64_t generation, BootInstant now, std::string& who) const;
  void Adopt(uint64_t generation, BootInstant now);

  // fault_hold.cc
  void StepHolding(BootInstant now);
  void LookForGaps(BootInstant now);
  void Trouble(HostPart& part, const std::string& why, BootInstant now);
  void Gap(HostPart& part, const std::string& why, BootInstant now);
  void LookWhetherWhole(BootInstant now);
  void BecameWhole();
  bool AllAcknowledged() const;
  std::optional<BootInstant> Floor() const;
  absl::Duration WorstUncertainty(BootInstant t) const;
  void Extend(BootInstant now);
  void SendKeepAlives(BootInstant now);

  // fault_change.cc
  bool GoesOut() const {
    return change_ != Change::kNone && change_ != Change::kRetiring;
  }
  bool IsInForce(const sunder::v1::Plan& plan) const;
  void StepChange(BootInstant now);
  void BeginChange(BootInstant now);
  void Want(sunder::v1::Plan plan);
  void WantNothing();
  // Whether the wanted plan may be tried (again) by now.
  bool MayTry(BootInstant now);
  void ArmNext(BootInstant now);
  void Converge(BootInstant now);
  void Abandon(absl::string_view why, BootInstant now);
  void HealLeaving(BootInstant now);
  void EndChange();
  bool IsToBeForgotten(const HostPart& part);

  // fault_heal.cc
  void BeginHealing(Cause cause, const std::string& reason, BootInstant now);
  void StepHealing(BootInstant now);
  bool HealOn(HostPart& part, BootInstant now);  // True: nothing left to do.
  BootInstant BoundOf(const std::string& host) const;
  void End(BootInstant now);

  const Surroundings core_;
  sunder::v1::Fault view_;
  sunder::v1::Plan plan_;
  std::vector<HostPart> parts_;
  absl::Duration horizon_;  // FaultRecord.horizon
  Phase phase_ = Phase::kRecording;
  Wake wake_;
  bool changed_ = true;

  // Members that move.
  Change change_ = Change::kNone;
  uint64_t newest_ = 1;    // The highest generation that was ever given.
  sunder::v1::Plan next_;  // With GoesOut: of the newest.
  std::optional<sunder::v1::Plan> wanted_;  // To go out after that.
  int abandoned_ = 0;     // How often in a row that plan did not come in force.
  BootInstant retry_at_;  // With abandoned_: it goes out again from then on.
  uint64_t saved_ = 0, persisted_ = 0;  // How many records.
  uint64_t recorded_at_ = 0;            // kRecording: how many must be durable.

  BootInstant phase_began_;
  // What an earlier life of the controller sent is over by then.
  BootInstant earlier_life_over_;
  bool unknown_lives_ = false;  // A generation that is higher than any here.
  BootInstant staging_began_;
  int holders_ = 0;
  std::optional<BootInstant> holderless_since_;

  // From Arm on.
  BootInstant t0_;  // When the generation starts that was armed last.
  BootInstant end_;
  uint64_t number_ = 0;          // Of the last keep-alive sent; 0: Arm.
  BootInstant expiry_;           // Its common expiry.
  BootInstant next_keep_alive_;  // None is sent before.
  BootInstant round_deadline_;   // By when all must have acknowledged it.
  bool whole_ = false;           // It was in force on all hosts at one time.

  Cause cause_ = Cause::kDemand;  // Of healing.
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_CORE_FAULT_H_
