// What the agent's state machine wants done, as values. The shell carries them
// out in their order and gives the result of each kernel operation back as an
// event (Core::OpDone); a simulator may lose the agent between any two.

#ifndef SUNDER_AGENT_CORE_ACTIONS_H_
#define SUNDER_AGENT_CORE_ACTIONS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "agent/core/kernel.h"
#include "agent/core/record.pb.h"
#include "common/instant.h"
#include "sunder/agent/v1/agent.pb.h"

namespace sunder::agent {

using CallId = uint64_t;  // Given by the shell; each call is replied to once.
using OpId = uint64_t;    // Given by the core.

struct StageOp {
  std::shared_ptr<const v1::StageRequest> request;
};
struct ArmOp {
  BootInstant start;  // Becomes wall-clock time at the last moment.
  BootInstant expiry;
};
struct OpenOp {};
struct RefreshOp {
  BootInstant expiry;
};
struct ShutOp {};
struct RemoveOp {};
struct ReadOp {};

struct KernelOp {
  OpId id = 0;
  GateId gate = 0;
  std::variant<StageOp, ArmOp, OpenOp, RefreshOp, ShutOp, RemoveOp, ReadOp>
      what;
};

struct OpResult {
  absl::Status status;
  std::optional<KernelFault> read;  // Of a ReadOp that went well.
};

// The answer to a Stage, Arm, KeepAlive or Heal.
struct Reply {
  CallId call = 0;
  absl::Status status;
  v1::Held held;  // Where the status is OK.
};

// A fault's state changed: tell whoever watches.
struct Notify {
  v1::Held held;
};

// Make durable before the actions that follow; tell Core::RecordWritten.
struct WriteRecord {
  Record record;
};

using Action = std::variant<KernelOp, Reply, Notify, WriteRecord>;
using Actions = std::vector<Action>;

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_CORE_ACTIONS_H_
