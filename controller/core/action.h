// What the state machine of faults wants done, as values. The shell carries
// actions out in the order given and turns what comes of them into events.

#ifndef SUNDER_CONTROLLER_CORE_ACTION_H_
#define SUNDER_CONTROLLER_CORE_ACTION_H_

#include <cstdint>
#include <string>
#include <variant>

#include "common/instant.h"
#include "sunder/agent/v1/agent.pb.h"
#include "sunder/controller/store/v1/record.pb.h"

namespace sunder::controller {

using CallId = uint64_t;

using Request =
    std::variant<agent::v1::DescribeRequest, agent::v1::StageRequest,
                 agent::v1::ArmRequest, agent::v1::KeepAliveRequest,
                 agent::v1::HealRequest>;
using Response =
    std::variant<agent::v1::DescribeResponse, agent::v1::StageResponse,
                 agent::v1::ArmResponse, agent::v1::KeepAliveResponse,
                 agent::v1::HealResponse>;

// Call the agent of `host`; answer with Core::AgentReplied. Calls are not
// awaited: later actions go on at once. Without an answer the core gives the
// call up at `deadline` by itself, and ignores what comes later.
struct Call {
  CallId id = 0;
  std::string host;
  Request request;
  BootInstant deadline;
};

// Write the record durably; answer with Core::Persisted. A new fault waits for
// the answer before anything of it is sent.
struct Persist {
  store::v1::FaultRecord record;
};

// Delete the record: the fault has dropped out of the history.
struct Forget {
  std::string fault_id;
};

// The fault's view has changed: tell its watchers (Core::Find gives the view).
struct Notify {
  std::string fault_id;
};

// An agent obeys a controller with a higher term. This core is mute from now
// on; the program should end, saying so.
struct Superseded {
  uint64_t term = 0;
  std::string host;  // Which agent said so.
  // For the operator, where there is no other controller.
  std::string advice = {};
};

using Action = std::variant<Call, Persist, Forget, Notify, Superseded>;

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_CORE_ACTION_H_
