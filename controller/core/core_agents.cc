// What agents say, and what it means that they do not.

#include <string>
#include <type_traits>
#include <variant>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "common/error_detail.h"
#include "controller/core/agent_link.h"
#include "controller/core/core.h"
#include "controller/core/fault.h"
#include "controller/core/outbox.h"

namespace sunder::controller {
namespace {

template <typename Message>
std::optional<Message> DetailOf(const absl::Status& status) {
  Message message;
  const auto payload = status.GetPayload(
      absl::StrCat("type.googleapis.com/", message.GetTypeName()));
  if (!payload || !message.ParseFromString(std::string(*payload))) return {};
  return message;
}

}  // namespace

void Core::AgentReplied(CallId id, const absl::StatusOr<Response>& reply,
                        BootInstant sent, BootInstant received) {
  const auto call = out_->Take(id);
  if (!call) return;
  if (reply.ok()) {
    Answered(*call, *reply, sent, received);
  } else {
    Unanswered(*call, reply.status(), sent, received);
  }
}

bool Core::CheckTerm(const AgentLink& link, const agent::v1::Stamp& stamp) {
  // With a line of the inventory wrong, it may be another deployment's agent.
  if (!link.known()) return superseded_;
  if (superseded_ || stamp.highest_term() <= term_) return superseded_;
  superseded_ = true;
  out_->DropCalls();
  const uint64_t theirs = stamp.highest_term();
  const std::string advice = absl::StrCat(
      "if there is no other, this one's clock or an earlier database of it was "
      "ahead: stop it, run \"UPDATE term SET value=",
      theirs, "\" on its controller.db with sqlite3, and start it again");
  const std::string reason = absl::StrCat(
      "another controller has taken over: the agent of ", link.host(),
      " obeys term ", theirs, ", ours is ", term_, "; ", advice);
  for (const auto& fault : living_) {
    fault->Superseded(reason);
    out_->Do(Notify{.fault_id = fault->view().id()});
  }
  out_->Do(Superseded{.term = theirs, .host = link.host(), .advice = advice});
  return true;
}

void Core::Answered(const PendingCall& call, const Response& response,
                    BootInstant sent, BootInstant received) {
  const auto& stamp = std::visit(
      [](const auto& r) -> const agent::v1::Stamp& { return r.stamp(); },
      response);
  const auto link = links_.find(call.host);
  if (link == links_.end()) return;
  const auto* description = std::get_if<agent::v1::DescribeResponse>(&response);
  if (description != nullptr) {
    const absl::Status named = CheckName(call.host, description->name());
    link->second->SetKnown(named.ok());
    if (!named.ok()) return link->second->DescribedByAnother(named, received);
  }
  if (CheckTerm(*link->second, stamp)) return;
  if (description != nullptr) {
    HearDescription(*link->second, *description, sent, received);
    return;
  }
  Fault* fault = FindLiving(call.fault_id);
  if (!link->second->Saw(stamp)) {
    if (fault == nullptr) return;
    fault->Replied(call,
                   absl::UnavailableError("the agent is not who it was before"),
                   received);
    return;
  }
  link->second->AddExchange(stamp, sent, received);
  if (fault != nullptr) fault->Replied(call, response, received);
}

void Core::HearDescription(AgentLink& link,
                           const agent::v1::DescribeResponse& response,
                           BootInstant sent, BootInstant received) {
  const bool new_life = link.Described(response, sent, received);
  for (const auto& fault : living_) {
    fault->Described(link.host(), response, new_life);
  }
}

void Core::Unanswered(const PendingCall& call, const absl::Status& why,
                      BootInstant sent, BootInstant received) {
  const auto link = links_.find(call.host);
  if (link == links_.end()) return;
  const auto stamp = DetailOf<agent::v1::Stamp>(why);
  if (stamp && CheckTerm(*link->second, *stamp)) return;
  const bool same_life = stamp && link->second->Saw(*stamp);
  if (same_life) link->second->AddExchange(*stamp, sent, received);
  if (call.fault_id.empty()) {
    link->second->DescribeFailed(why, received);
    return;
  }
  if (!stamp) link->second->Doubt(std::string(why.message()), received);
  Fault* fault = FindLiving(call.fault_id);
  if (fault == nullptr) return;
  fault->Replied(call, why, received);
  // A refusal tells what the agent holds, where it holds something else.
  const auto held = DetailOf<agent::v1::Held>(why);
  if (same_life && held) fault->Reported(call.host, *held, *stamp);
}

void Core::AgentReported(const std::string& host,
                         const agent::v1::WatchResponse& report) {
  const auto link = links_.find(host);
  if (link == links_.end() || CheckTerm(*link->second, report.stamp())) return;
  if (link->second->Saw(report.stamp())) {
    if (Fault* fault = FindLiving(report.held().fault_id())) {
      fault->Reported(host, report.held(), report.stamp());
    }
  }
}

void Core::AgentUnreachable(const std::string& host, const absl::Status& why,
                            BootInstant now) {
  const auto link = links_.find(host);
  if (link == links_.end()) return;
  link->second->Doubt(std::string(why.message()), now);
}

}  // namespace sunder::controller
