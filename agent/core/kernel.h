// What the agent's state machine asks of this host's kernel. Owned by the core;
// carried out by agent/kernel over netlink and by a model in tests.
//
// One fault is one nftables table, `inet sunder_<gate in hex>`, holding the big
// sets and chains that drop (inert by themselves), a lease set with at most one
// timed element, and one base chain whose single rule jumps to the drops while
// that element lives:
//
//   shut    the base chain is empty: nothing can be dropped
//   timed   the rule also wants `meta time` to be between the start and the
//           first expiry: the kernel opens it
//   open    the rule wants the element alone
//
// Every call is one netlink transaction (all or nothing) or a read. Calls come
// from one thread. An error leaves the kernel as it was, except kDataLoss: the
// outcome is not known, read it back.

#ifndef SUNDER_AGENT_CORE_KERNEL_H_
#define SUNDER_AGENT_CORE_KERNEL_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/instant.h"
#include "sunder/agent/v1/agent.pb.h"

namespace sunder::agent {

// Names a fault's objects in the kernel. Random and never reused, so that an
// old chain can never be opened by a new fault.
using GateId = uint32_t;

struct FaultKey {
  std::string fault_id;
  uint64_t generation = 0;
  std::string digest;
  friend bool operator==(const FaultKey&, const FaultKey&) = default;
};

enum class GateState { kShut, kTimed, kOpen };

// One fault as read from the kernel.
struct KernelFault {
  GateId gate = 0;
  FaultKey key;  // From the table's user data.
  GateState state = GateState::kShut;
  absl::Duration lease_left;  // Zero: no element; it expired or never was.
  // What it consists of is there as it was staged, and nothing else: objects,
  // rules, the elements of its sets.
  bool intact = false;
  uint64_t dropped_packets = 0;
  uint64_t dropped_bytes = 0;
};

// What somebody else changed in this network namespace's ruleset.
struct RulesetChange {
  std::set<GateId> gates;
  bool anything = false;  // What it was is not known: look at all.
};

class Kernel {
 public:
  virtual ~Kernel() = default;

  // Installs the request's flows, shut. The table must not exist.
  virtual absl::Status Stage(
      GateId gate, std::shared_ptr<const v1::StageRequest> request) = 0;

  // Adds the timed rule (opens at `start`, shuts at `expiry` unless Open came)
  // and the lease element, whose timeout is computed from `expiry` at the last
  // moment before the commit.
  virtual absl::Status Arm(GateId gate, WallInstant start,
                           BootInstant expiry) = 0;

  // Replaces the timed rule by the open one, without a gap.
  virtual absl::Status Open(GateId gate) = 0;

  // Empties the gate, whatever was in it: nothing is dropped from then on. One
  // small transaction. NOT_FOUND where no such table exists.
  virtual absl::Status Shut(GateId gate) = 0;

  // Deletes the lease element and adds it again to end at `expiry`, in one
  // transaction. NOT_FOUND: it was gone, the kernel has healed the fault;
  // nothing was changed. Any way to add it that would succeed then is wrong.
  virtual absl::Status Refresh(GateId gate, BootInstant expiry) = 0;

  // Deletes the fault's table with all in it. OK also if it is not there.
  virtual absl::Status Remove(GateId gate) = 0;

  // NOT_FOUND where no such table exists.
  virtual absl::StatusOr<KernelFault> Read(GateId gate) = 0;

  // Every table of ours in this network namespace, whoever made it.
  virtual absl::StatusOr<std::vector<KernelFault>> List() = 0;
};

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_CORE_KERNEL_H_
