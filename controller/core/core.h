// The controller's state machine: the life of every fault over all its hosts.
// Pure: events go in with the instant they happened, actions come out; it knows
// no socket, clock, thread or random number. One thread owns it.
//
// An event is only noted. Behind one, or some that came together, and when
// NextTimer has come, the shell takes the actions (TakeActions): all that is to
// be done by now. It carries them out in order. Events may come late, twice or
// never.

#ifndef SUNDER_CONTROLLER_CORE_CORE_H_
#define SUNDER_CONTROLLER_CORE_CORE_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/instant.h"
#include "controller/core/action.h"
#include "controller/core/options.h"
#include "sunder/agent/v1/agent.pb.h"
#include "sunder/controller/store/v1/record.pb.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::controller {

class AgentLink;
class Fault;
class Outbox;
class Timeline;
struct PendingCall;
struct Surroundings;

// An agent as it was last heard.
struct AgentState {
  std::string host;
  bool reachable = false;  // Its last call was answered.
  std::string error;       // Why not reachable.
  absl::Duration round_trip = absl::InfiniteDuration();         // Best seen.
  absl::Duration clock_uncertainty = absl::InfiniteDuration();  // As of now.
  agent::v1::DescribeResponse description;  // Last; empty before the first.
  std::set<std::string> unknown_faults;     // Held there, not in our store.
};

class Core {
 public:
  explicit Core(const Options& options);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // ---- Events

  // First of all, once: the raised term and all records of the store.
  void Start(uint64_t term, std::vector<store::v1::FaultRecord> records,
             BootInstant now);

  // The hosts that have an agent. A host that a living fault needs is still
  // called until that fault has ended.
  void HostsChanged(const std::vector<std::string>& hosts);

  // A new fault: `id` is 128 random bits in hex, `plan` resolves `spec` (whose
  // seed is set). INVALID_ARGUMENT, ALREADY_EXISTS, FAILED_PRECONDITION (a host
  // without agent, no host to act on, superseded).
  absl::Status CreateFault(const std::string& id,
                           const sunder::v1::FaultSpec& spec,
                           sunder::v1::Plan plan, BootInstant now);

  // Begins to heal; OK also if it has ended or heals already. NOT_FOUND.
  absl::Status HealFault(const std::string& id, const std::string& reason,
                         BootInstant now);

  // The members of a living fault have moved: `plan` resolves its spec anew, or
  // says why it cannot be. The fault follows as soon as it is whole and no
  // other change of it is under way; of several plans that wait, the last one
  // counts. NOT_FOUND.
  absl::Status FaultChanged(const std::string& id,
                            absl::StatusOr<sunder::v1::Plan> plan);

  // A WatchFault stream with `hold` began or ended. NOT_FOUND.
  absl::Status HolderAttached(const std::string& id);
  absl::Status HolderGone(const std::string& id, BootInstant now);

  // The answer to a Persist action.
  void Persisted(const std::string& fault_id, const absl::Status& status,
                 BootInstant now);

  // The answer to a Call action. `sent` and `received` are the instants nearest
  // the wire: the agent's clock was read between them. An error may carry the
  // agent's Stamp as payload "type.googleapis.com/sunder.agent.v1.Stamp".
  void AgentReplied(CallId id, const absl::StatusOr<Response>& reply,
                    BootInstant sent, BootInstant received);

  // A message of the agent's Watch stream.
  void AgentReported(const std::string& host,
                     const agent::v1::WatchResponse& report);

  // The agent's Watch stream or channel broke. What it holds is asked again.
  void AgentUnreachable(const std::string& host, const absl::Status& why,
                        BootInstant now);

  // ---- Results

  std::vector<Action> TakeActions(BootInstant now);
  std::optional<BootInstant> NextTimer() const;

  // ---- Views

  // Faults by full id, living or in the history, without their plans' flows.
  // What is due by `now` is done first, so that no claim is shown that has run
  // out. What is returned holds until the next call.
  const sunder::v1::Fault* Find(const std::string& id,
                                BootInstant now);  // nullptr: unknown.
  std::vector<const sunder::v1::Fault*> List(bool include_ended,
                                             BootInstant now);  // Newest first.
  // The plan that Find shows, with its flows; nullptr once it has ended.
  const sunder::v1::Plan* PlanOf(const std::string& id) const;
  // Of a living fault: in force, going out, or waiting to. NOT_FOUND.
  absl::StatusOr<sunder::v1::Plan> NewestPlan(const std::string& id) const;
  std::vector<AgentState> Agents(BootInstant now) const;  // By host.
  uint64_t term() const { return term_; }

 private:
  Surroundings Around();
  AgentLink& LinkTo(const std::string& host);
  Fault* FindLiving(const std::string& id) const;
  absl::Status CheckNew(const std::string& id,
                        const sunder::v1::FaultSpec& spec,
                        const sunder::v1::Plan& plan) const;
  absl::Status CheckPlan(const sunder::v1::Plan& plan) const;
  void Answered(const PendingCall& call, const Response& response,
                BootInstant sent, BootInstant received);
  void Unanswered(const PendingCall& call, const absl::Status& why,
                  BootInstant sent, BootInstant received);
  void HearDescription(AgentLink& link,
                       const agent::v1::DescribeResponse& response,
                       BootInstant sent, BootInstant received);
  // True if `stamp` shows that another controller has taken over.
  bool CheckTerm(const AgentLink& link, const agent::v1::Stamp& stamp);
  // Does all that is due by `now`.
  void Step(BootInstant now);
  void Bury(size_t index);

  const Options options_;
  const std::unique_ptr<Timeline> timeline_;
  const std::unique_ptr<Outbox> out_;
  uint64_t term_ = 0;
  bool superseded_ = false;
  std::set<std::string> hosts_;
  std::map<std::string, std::unique_ptr<AgentLink>> links_;
  std::vector<std::unique_ptr<Fault>> living_;  // Oldest first.
  std::deque<sunder::v1::Fault> history_;       // Oldest first.
};

// A state after which a fault never changes.
bool IsFinal(sunder::v1::FaultState state);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_CORE_CORE_H_
