// Gathers actions, and keeps account of calls that have no answer yet. Owned by
// Core, lent to faults and links.

#ifndef SUNDER_CONTROLLER_CORE_OUTBOX_H_
#define SUNDER_CONTROLLER_CORE_OUTBOX_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/instant.h"
#include "controller/core/action.h"

namespace sunder::controller {

// Whom an answer is for.
struct PendingCall {
  CallId id = 0;
  std::string host;
  std::string fault_id;  // Empty: Describe.
  BootInstant deadline;
};

class Outbox {
 public:
  void Do(Action action) { actions_.push_back(std::move(action)); }

  CallId Send(const std::string& host, const std::string& fault_id,
              Request request, BootInstant deadline);

  // The call, once: an answer that comes again, or after the deadline, finds
  // none.
  std::optional<PendingCall> Take(CallId id);
  // One whose deadline has passed.
  std::optional<PendingCall> TakeOverdue(BootInstant now);
  std::optional<BootInstant> NextDeadline() const;

  std::vector<Action> TakeActions() { return std::exchange(actions_, {}); }
  void DropCalls();

 private:
  std::vector<Action> actions_;
  std::map<CallId, PendingCall> pending_;
  std::set<std::pair<BootInstant, CallId>> by_deadline_;
  CallId last_ = 0;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_CORE_OUTBOX_H_
