#include "controller/core/agent_link.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controller/core/backoff.h"

namespace sunder::controller {

absl::Status CheckName(const std::string& host, const std::string& name) {
  if (name == host) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("who answers there is \"", name, "\" and not \"", host,
                   "\": correct the inventory, or the agent's --name"));
}

agent::v1::Caller AgentLink::CallerFor(uint64_t term,
                                       BootInstant deadline) const {
  agent::v1::Caller caller;
  caller.set_term(term);
  caller.set_not_after_ns(clock_.ToAgent(deadline).nanos());
  caller.set_incarnation(described_.stamp().incarnation());
  return caller;
}

bool AgentLink::SameLife(const agent::v1::Stamp& stamp) const {
  return described_.has_stamp() &&
         stamp.boot_id() == described_.stamp().boot_id() &&
         stamp.incarnation() == described_.stamp().incarnation();
}

bool AgentLink::Saw(const agent::v1::Stamp& stamp) {
  if (settled_ && SameLife(stamp)) return true;
  // It may as well be a late word of an earlier life, so only Describe tells.
  settled_ = false;
  return false;
}

void AgentLink::AddExchange(const agent::v1::Stamp& stamp, BootInstant sent,
                            BootInstant received) {
  if (!SameLife(stamp)) return;
  reachable_ = true;
  clock_.Add(Exchange{.sent = sent,
                      .received = received,
                      .agent = AgentInstant::FromNanos(stamp.now_ns())});
}

bool AgentLink::Described(const agent::v1::DescribeResponse& response,
                          BootInstant sent, BootInstant received) {
  const bool other = !SameLife(response.stamp());
  if (other) clock_ = ClockEstimate();
  described_ = response;
  settled_ = true;
  error_.clear();
  failures_ = 0;
  pending_ = 0;
  describe_by_ = received + options_.idle_exchange;
  AddExchange(response.stamp(), sent, received);
  return other;
}

void AgentLink::DescribeFailed(const absl::Status& why, BootInstant now) {
  reachable_ = false;
  error_ = std::string(why.message());
  failed_at_ = now;
  ++failures_;
  pending_ = 0;
}

void AgentLink::DescribedByAnother(const absl::Status& why, BootInstant now) {
  settled_ = false;
  DescribeFailed(why, now);
}

void AgentLink::Doubt(const std::string& why, BootInstant now) {
  reachable_ = false;
  error_ = why;
  describe_by_ = now;
}

void AgentLink::DescribeBy(BootInstant t) {
  describe_by_ = std::min(describe_by_, t);
}

void AgentLink::Step(uint64_t term, BootInstant now, Outbox& out) {
  wake_.Reset();
  if (pending_ != 0) return;
  BootInstant due = settled_ && clock_.Ready(now) ? describe_by_ : now;
  if (failures_ > 0) {
    const auto most = needed_ ? absl::Milliseconds(400) : absl::Seconds(5);
    due = std::max(due, failed_at_ + Backoff(failures_, most));
  }
  if (now < due) {
    wake_.By(due);
    return;
  }
  agent::v1::DescribeRequest request;
  request.set_term(term);
  request.set_name(host_);
  pending_ =
      out.Send(host_, "", std::move(request), now + options_.call_timeout);
}

}  // namespace sunder::controller
