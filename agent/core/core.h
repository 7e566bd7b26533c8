// The agent's state machine: which faults this host holds, and what is done to
// the kernel about them. It knows neither gRPC, nor a socket, nor a clock:
// every event carries the instant it came at, and returns what is to be done.
// One thread owns it, and one fault has one kernel operation in flight at a
// time; calls that come meanwhile wait for it.
//
// Every change is followed by a read, and what is said about a fault is what
// was read. A fault ends in one way whatever the cause: its counters are read,
// its objects removed, their absence read back, and a tombstone is left.
//
// When a fault's members move, its next generation is one more gate beside the
// one that is in force: the controller has it staged and armed, and the former
// healed. Generations know nothing of each other but their order.

#ifndef SUNDER_AGENT_CORE_CORE_H_
#define SUNDER_AGENT_CORE_CORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/core/actions.h"
#include "agent/core/fault.h"
#include "agent/core/kernel.h"
#include "agent/core/record.pb.h"
#include "agent/core/tombstones.h"
#include "common/address.h"
#include "common/instant.h"
#include "sunder/agent/v1/agent.pb.h"

namespace sunder::agent {

struct Identity {
  std::string boot_id;
  uint64_t incarnation = 0;  // Random, not 0.
};

class Core {
 public:
  using Random = absl::AnyInvocable<uint32_t()>;

  // `random` gives the gates' ids; `features` are what was probed of the
  // kernel. Every one of them is needed to stage.
  Core(Identity identity, Random random,
       std::vector<v1::Feature> features = {});

  // ---- Events.

  // First of all, and once: what the kernel holds and what the last life wrote
  // down. No call may come before all of its actions are carried out.
  Actions Start(const Record& record, const std::vector<KernelFault>& listed,
                BootInstant now);
  Actions Stage(CallId call,
                const std::shared_ptr<const v1::StageRequest>& request,
                BootInstant now);
  Actions Arm(CallId call, const v1::ArmRequest& request, BootInstant now);
  Actions KeepAlive(CallId call, const v1::KeepAliveRequest& request,
                    BootInstant now);
  Actions Heal(CallId call, const v1::HealRequest& request, BootInstant now);
  // A controller of this term is there, which asks for nothing yet.
  Actions HearTerm(uint64_t term, BootInstant now);
  Actions OpDone(OpId op, const OpResult& result, BootInstant now);
  Actions TimerDue(BootInstant now);
  // The wall clock was set. It times the gates that are not open yet.
  Actions ClockStepped(BootInstant now);
  // The stop latch was set.
  Actions Latched(BootInstant now);
  // Somebody else changed the ruleset: whatever of ours it concerns is read.
  Actions RulesetChanged(const RulesetChange& change, BootInstant now);
  // These are this host's addresses now. A fault that is about one that went
  // ends: what was cut may be in another namespace, uncut.
  Actions AddressesAre(const std::vector<Address>& addresses, BootInstant now);
  void RecordWritten(absl::Status status);

  // ---- What is so.

  std::optional<BootInstant> NextTimer() const;
  // Whether Stage would take `request`; changes nothing.
  absl::Status Check(const v1::StageRequest& request, BootInstant now) const;
  std::vector<v1::Held> Held() const;  // Living faults, then tombstones.
  const std::vector<std::string>& start_report() const { return report_; }
  const std::set<std::string>& local_addresses() const {
    return local_addresses_;
  }
  v1::Stamp StampAt(BootInstant now) const;

 private:
  // core.cc
  void BeginEvent(BootInstant now);
  Actions EndEvent();
  void NoteTerm(uint64_t term);
  GateId NewGate();
  Record MakeRecord() const;
  void Say(const Fault& fault);
  void Refuse(CallId call, absl::Status status);

  // core_calls.cc
  absl::Status CheckCaller(const v1::Caller& caller, BootInstant now) const;
  // CheckCaller, and takes note of the term of a caller who passes it.
  absl::Status Admit(const v1::Caller& caller, BootInstant now);
  absl::Status CheckFeatures() const;
  absl::Status CheckRoom() const;
  // The living generation, or null.
  Fault* Find(const std::string& fault_id, uint64_t generation);
  // Why no generation like this may come to this host; OK: it may.
  absl::Status CheckNext(const std::string& fault_id, uint64_t generation);
  absl::StatusOr<Fault*> Locate(const std::string& fault_id,
                                uint64_t generation);
  template <typename Request>
  void Wait(Fault& fault, CallId call, const Request& request);
  void Dispatch(const WaitingCall& call, BootInstant now);
  void HandleStage(CallId call,
                   const std::shared_ptr<const v1::StageRequest>& request,
                   BootInstant now);
  void HandleArm(CallId call, const v1::ArmRequest& request, BootInstant now);
  void HandleKeepAlive(CallId call, const v1::KeepAliveRequest& request,
                       BootInstant now);
  void HandleHeal(CallId call, const v1::HealRequest& request, BootInstant now);
  // Replies to those whose generations are all gone.
  void AnswerHeals();

  // core_jobs.cc
  void Send(Fault& fault, Step step, decltype(KernelOp::what) what);
  void Begin(Fault& fault, Job job, decltype(KernelOp::what) change);
  void BeginCheck(Fault& fault, std::optional<CallId> call);
  void Changed(Fault& fault, const absl::Status& status, BootInstant now);
  void ReadBack(Fault& fault, const OpResult& result, BootInstant now);
  // Somebody else changed it, and it is not (wholly) in force: said before
  // anything is done about it.
  void Drifted(Fault& fault, v1::State state, const std::string& why,
               BootInstant now);
  void Accept(Fault& fault, const KernelFault& read, BootInstant now);
  // The kernel has no lease for it: `why`, unless its time has not come.
  void LeaseGone(Fault& fault, const std::string& why, BootInstant now);
  // Replies to the job's call, if it has one.
  void Answer(Fault& fault, const absl::Status& status);
  // Ends `fault`; the first reason stays.
  void End(Fault& fault, v1::State state, const std::string& reason,
           BootInstant now);
  void Removed(Fault& fault, const absl::Status& status);
  void Confirmed(Fault& fault, const OpResult& result, BootInstant now);
  void RetryLater(Fault& fault, const absl::Status& why, BootInstant now);
  void Bury(Fault& fault, BootInstant now);
  // Does what is due for a fault that has nothing in flight.
  void Settle(Fault& fault, BootInstant now);
  void SettleAll(BootInstant now);

  struct HealCall {
    CallId call = 0;
    std::string fault_id;
    uint64_t generation = 0;  // 0: all.
    bool Concerns(const FaultKey& key) const {
      return fault_id == key.fault_id &&
             (generation == 0 || generation == key.generation);
    }
  };

  const Identity identity_;
  Random random_;
  const std::vector<v1::Feature> features_;
  uint64_t highest_term_ = 0;
  std::map<GateId, Fault> faults_;
  Tombstones tombstones_;
  std::set<std::string> local_addresses_;
  std::vector<HealCall> heals_;  // Not yet replied to.
  std::vector<std::string> report_;
  absl::Status record_status_;
  OpId last_op_ = 0;
  bool record_due_ = false;
  Actions actions_;  // Of the event at hand.
};

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_CORE_CORE_H_
