// One generation of a fault at this host, as the core keeps it: a gate of its
// own in the kernel. Owned by Core; no concurrency.

#ifndef SUNDER_AGENT_CORE_FAULT_H_
#define SUNDER_AGENT_CORE_FAULT_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/core/actions.h"
#include "agent/core/kernel.h"
#include "agent/core/limits.h"
#include "common/instant.h"
#include "sunder/agent/v1/agent.pb.h"

namespace sunder::agent {

struct WaitingCall {
  CallId id = 0;
  std::variant<std::shared_ptr<const v1::StageRequest>, v1::ArmRequest,
               v1::KeepAliveRequest>
      request;
};

// A change of the fault in the kernel and the read that follows it; kCheck is
// the read alone.
enum class JobKind { kStage, kArm, kOpen, kRefresh, kCheck };

struct Job {
  JobKind kind = JobKind::kCheck;
  std::optional<CallId> call;  // To be replied to when the job is done.
  absl::Status outcome;        // Of the change: OK, or kDataLoss.
  uint64_t number = 0;         // kRefresh: the keep-alive's.
  BootInstant start, expiry, end;
};

// Which kernel operation is in flight.
enum class Step {
  kIdle,
  kChanging,    // The job's change.
  kReading,     // The job's read.
  kShutting,    // Ending: the gate is shut,
  kCounting,    //   the last look at the counters,
  kRemoving,    //   the removal,
  kConfirming,  //   and the look that must find nothing.
};

struct Ending {
  v1::State state = v1::STATE_HEALED;
  std::string reason;
  std::vector<CallId> cut_short;  // Other calls: refused when it is done.
  bool lease_was_over = false;
  absl::Status removal;
  absl::Duration next_retry = kFirstRetry;
  std::optional<BootInstant> retry_at;
};

struct Fault {
  FaultKey key;
  GateId gate = 0;
  v1::Held held;  // STATE_UNSPECIFIED until staged.
  BootInstant time_to_live_end;
  BootInstant start, first_expiry, expiry, end;  // Once armed.

  Step step = Step::kIdle;
  OpId op = 0;
  Job job;
  std::optional<Ending> ending;
  std::deque<WaitingCall> waiting;
  // When to read it, unasked: somebody else may have changed it.
  std::optional<BootInstant> look_at;
  // Whose packets it drops and which were this host's own when it was staged:
  // without them here, those packets go past this host's rules.
  std::set<std::string> local_addresses;

  bool WasArmed() const { return held.start_ns() != 0; }
  bool Armed() const {
    return held.state() == v1::STATE_ARMED ||
           held.state() == v1::STATE_IN_FORCE;
  }
};

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_CORE_FAULT_H_
