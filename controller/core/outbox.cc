#include "controller/core/outbox.h"

namespace sunder::controller {

CallId Outbox::Send(const std::string& host, const std::string& fault_id,
                    Request request, BootInstant deadline) {
  const CallId id = ++last_;
  pending_[id] = PendingCall{
      .id = id, .host = host, .fault_id = fault_id, .deadline = deadline};
  by_deadline_.emplace(deadline, id);
  Do(Call{.id = id,
          .host = host,
          .request = std::move(request),
          .deadline = deadline});
  return id;
}

std::optional<PendingCall> Outbox::Take(CallId id) {
  const auto it = pending_.find(id);
  if (it == pending_.end()) return std::nullopt;
  PendingCall call = std::move(it->second);
  pending_.erase(it);
  by_deadline_.erase({call.deadline, id});
  return call;
}

std::optional<PendingCall> Outbox::TakeOverdue(BootInstant now) {
  if (by_deadline_.empty() || by_deadline_.begin()->first > now) {
    return std::nullopt;
  }
  return Take(by_deadline_.begin()->second);
}

std::optional<BootInstant> Outbox::NextDeadline() const {
  if (by_deadline_.empty()) return std::nullopt;
  return by_deadline_.begin()->first;
}

void Outbox::DropCalls() {
  pending_.clear();
  by_deadline_.clear();
  std::erase_if(actions_, [](const Action& action) {
    return std::holds_alternative<Call>(action);
  });
}

}  // namespace sunder::controller
