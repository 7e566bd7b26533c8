#include "controller/core/core.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controller/core/agent_link.h"
#include "controller/core/fault.h"
#include "controller/core/outbox.h"
#include "controller/core/timeline.h"
#include "controller/core/wake.h"

namespace sunder::controller {
namespace {

bool IsOlder(const sunder::v1::Fault& one, const sunder::v1::Fault& other) {
  const auto instant = [](const sunder::v1::Fault& fault) {
    const auto& at = fault.created().at();
    return std::make_pair(at.seconds(), at.nanos());
  };
  return instant(one) < instant(other);
}

}  // namespace

bool IsFinal(sunder::v1::FaultState state) {
  return state == sunder::v1::FAULT_STATE_HEALED ||
         state == sunder::v1::FAULT_STATE_EXPIRED ||
         state == sunder::v1::FAULT_STATE_FAILED;
}

Core::Core(const Options& options)
    : options_(options),
      timeline_(std::make_unique<Timeline>(options)),
      out_(std::make_unique<Outbox>()) {}

Core::~Core() = default;

void Core::Start(uint64_t term, std::vector<store::v1::FaultRecord> records,
                 BootInstant now) {
  term_ = term;
  std::sort(records.begin(), records.end(), [](const auto& a, const auto& b) {
    return IsOlder(a.fault(), b.fault());
  });
  for (auto& record : records) {
    if (IsFinal(record.fault().state())) {
      history_.push_back(std::move(*record.mutable_fault()));
      *history_.back().mutable_plan() = WithoutFlows(history_.back().plan());
      continue;
    }
    living_.push_back(Fault::Restore(Around(), record, now));
  }
}

void Core::HostsChanged(const std::vector<std::string>& hosts) {
  hosts_ = std::set<std::string>(hosts.begin(), hosts.end());
  for (const auto& host : hosts_) LinkTo(host);
}

Surroundings Core::Around() {
  return {
      options_, *timeline_, term_, *out_,
      [this](const std::string& host) -> AgentLink& { return LinkTo(host); }};
}

AgentLink& Core::LinkTo(const std::string& host) {
  auto& link = links_[host];
  if (!link) link = std::make_unique<AgentLink>(host, options_);
  return *link;
}

Fault* Core::FindLiving(const std::string& id) const {
  const auto it = std::find_if(
      living_.begin(), living_.end(),
      [&id](const auto& fault) { return fault->view().id() == id; });
  return it == living_.end() ? nullptr : it->get();
}

absl::Status Core::CheckNew(const std::string& id,
                            const sunder::v1::FaultSpec& spec,
                            const sunder::v1::Plan& plan) const {
  if (superseded_) {
    return absl::FailedPreconditionError(
        "another controller has taken over; ask that one");
  }
  if (id.empty()) return absl::InvalidArgumentError("a fault needs an id");
  const auto ended =
      std::find_if(history_.begin(), history_.end(),
                   [&id](const auto& fault) { return fault.id() == id; });
  if (FindLiving(id) != nullptr || ended != history_.end()) {
    return absl::AlreadyExistsError(absl::StrCat("there is a fault ", id));
  }
  const absl::Duration duration = absl::Seconds(spec.duration().seconds()) +
                                  absl::Nanoseconds(spec.duration().nanos());
  if (duration < absl::Seconds(1) || duration > absl::Hours(24)) {
    return absl::InvalidArgumentError("the duration must be 1 s to 24 h");
  }
  return CheckPlan(plan);
}

absl::Status Core::CheckPlan(const sunder::v1::Plan& plan) const {
  if (plan.hosts().empty()) {
    return absl::FailedPreconditionError(
        "there is no host to act on: the plan cuts nothing that a host with an "
        "agent receives");
  }
  std::set<std::string> seen;
  for (const auto& host : plan.hosts()) {
    if (!seen.insert(host.host()).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("the plan names host ", host.host(), " twice"));
    }
    if (!hosts_.contains(host.host())) {
      return absl::FailedPreconditionError(
          absl::StrCat("host ", host.host(), " has no agent"));
    }
  }
  return absl::OkStatus();
}

absl::Status Core::CreateFault(const std::string& id,
                               const sunder::v1::FaultSpec& spec,
                               sunder::v1::Plan plan, BootInstant now) {
  if (absl::Status status = CheckNew(id, spec, plan); !status.ok()) {
    return status;
  }
  living_.push_back(Fault::Declare(Around(), id, spec, std::move(plan), now));
  return absl::OkStatus();
}

absl::Status Core::FaultChanged(const std::string& id,
                                absl::StatusOr<sunder::v1::Plan> plan) {
  Fault* fault = FindLiving(id);
  if (fault == nullptr) {
    return absl::NotFoundError(absl::StrCat("there is no living fault ", id));
  }
  absl::Status status = plan.status();
  if (status.ok()) status = CheckPlan(*plan);
  if (status.ok()) {
    fault->MembersMoved(*std::move(plan));
  } else {
    fault->CannotFollow(std::string(status.message()));
  }
  return absl::OkStatus();
}

absl::StatusOr<sunder::v1::Plan> Core::NewestPlan(const std::string& id) const {
  if (const Fault* fault = FindLiving(id)) return fault->newest_plan();
  return absl::NotFoundError(absl::StrCat("there is no living fault ", id));
}

absl::Status Core::HealFault(const std::string& id, const std::string& reason,
                             BootInstant now) {
  if (Fault* fault = FindLiving(id)) {
    fault->Heal(reason, now);
    return absl::OkStatus();
  }
  if (Find(id, now)) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat("there is no fault ", id));
}

absl::Status Core::HolderAttached(const std::string& id) {
  if (Fault* fault = FindLiving(id)) {
    fault->HolderAttached();
    return absl::OkStatus();
  }
  return absl::NotFoundError(absl::StrCat("there is no living fault ", id));
}

absl::Status Core::HolderGone(const std::string& id, BootInstant now) {
  if (Fault* fault = FindLiving(id)) {
    fault->HolderGone(now);
    return absl::OkStatus();
  }
  return absl::NotFoundError(absl::StrCat("there is no living fault ", id));
}

void Core::Persisted(const std::string& fault_id, const absl::Status& status,
                     BootInstant now) {
  if (Fault* fault = FindLiving(fault_id)) fault->Persisted(status, now);
}

void Core::Step(BootInstant now) {
  if (superseded_) return;
  while (const auto call = out_->TakeOverdue(now)) {
    Unanswered(*call, absl::DeadlineExceededError("no answer in time"),
               call->deadline, now);
    if (superseded_) return;
  }
  for (const auto& fault : living_) fault->Step(now);
  for (auto& [host, link] : links_) link->SetNeeded(false);
  for (size_t i = 0; i < living_.size();) {
    if (living_[i]->TakeChanged()) {
      out_->Do(Notify{.fault_id = living_[i]->view().id()});
    }
    if (living_[i]->ended()) {
      Bury(i);
      continue;
    }
    living_[i]->NeedLinks();
    ++i;
  }
  for (auto it = links_.begin(); it != links_.end();) {
    if (!it->second->needed() && !hosts_.contains(it->first)) {
      it = links_.erase(it);
      continue;
    }
    it->second->Step(term_, now, *out_);
    ++it;
  }
}

void Core::Bury(size_t index) {
  history_.push_back(living_[index]->view());
  living_.erase(living_.begin() + static_cast<ptrdiff_t>(index));
  while (history_.size() > options_.history) {
    out_->Do(Forget{.fault_id = history_.front().id()});
    history_.pop_front();
  }
}

std::vector<Action> Core::TakeActions(BootInstant now) {
  Step(now);
  return out_->TakeActions();
}

std::optional<BootInstant> Core::NextTimer() const {
  if (superseded_) return std::nullopt;
  Wake next;
  next.By(out_->NextDeadline());
  for (const auto& [host, link] : links_) next.By(link->wake());
  for (const auto& fault : living_) next.By(fault->wake());
  return next.at();
}

const sunder::v1::Fault* Core::Find(const std::string& id, BootInstant now) {
  Step(now);
  if (const Fault* fault = FindLiving(id)) return &fault->view();
  for (const auto& fault : history_) {
    if (fault.id() == id) return &fault;
  }
  return nullptr;
}

const sunder::v1::Plan* Core::PlanOf(const std::string& id) const {
  const Fault* fault = FindLiving(id);
  return fault == nullptr ? nullptr : &fault->plan();
}

std::vector<const sunder::v1::Fault*> Core::List(bool include_ended,
                                                 BootInstant now) {
  Step(now);
  std::vector<const sunder::v1::Fault*> faults;
  if (include_ended) {
    for (const auto& fault : history_) faults.push_back(&fault);
  }
  for (const auto& fault : living_) faults.push_back(&fault->view());
  // Those that ended come in the order of their ends, before the living.
  std::stable_sort(
      faults.begin(), faults.end(),
      [](const auto* a, const auto* b) { return IsOlder(*a, *b); });
  std::reverse(faults.begin(), faults.end());
  return faults;
}

std::vector<AgentState> Core::Agents(BootInstant now) const {
  std::vector<AgentState> agents;
  for (const auto& [host, link] : links_) {
    AgentState state{.host = host,
                     .reachable = link->reachable(),
                     .error = link->error(),
                     .round_trip = link->clock().best_round_trip(),
                     .clock_uncertainty = link->clock().Uncertainty(now),
                     .description = link->description(),
                     .unknown_faults = {}};
    for (const auto& held : link->description().held()) {
      const bool alive = held.state() != agent::v1::STATE_HEALED &&
                         held.state() != agent::v1::STATE_EXPIRED;
      if (alive && FindLiving(held.fault_id()) == nullptr) {
        state.unknown_faults.insert(held.fault_id());
      }
    }
    agents.push_back(std::move(state));
  }
  return agents;
}

}  // namespace sunder::controller
