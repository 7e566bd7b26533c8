#include "agent/core/core.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "agent/core/adoption.h"
#include "agent/core/limits.h"

namespace sunder::agent {

Core::Core(Identity identity, Random random, std::vector<v1::Feature> features)
    : identity_(std::move(identity)),
      random_(std::move(random)),
      features_(std::move(features)) {}

Actions Core::Start(const Record& record,
                    const std::vector<KernelFault>& listed, BootInstant now) {
  highest_term_ = record.highest_term();
  if (record.boot_id() == identity_.boot_id) {
    for (const v1::Held& held : record.tombstones()) {
      tombstones_.Leave(held, now);
    }
  }
  for (Found& found : DecideAdoption(record, listed, identity_.boot_id, now)) {
    Fault& fault = faults_[found.fault.gate];
    fault.key = found.fault.key;
    fault.gate = found.fault.gate;
    if (found.adopted) {
      fault.held = *std::move(found.adopted);
      fault.local_addresses = std::move(found.local_addresses);
      fault.start = BootInstant::FromNanos(fault.held.start_ns());
      fault.expiry = BootInstant::FromNanos(fault.held.expiry_ns());
      fault.end = BootInstant::FromNanos(fault.held.end_ns());
      report_.push_back(
          absl::StrCat("adopted fault ", fault.key.fault_id, ", generation ",
                       fault.key.generation, ": in force, lease left ",
                       absl::FormatDuration(found.fault.lease_left)));
    } else {
      fault.held.set_fault_id(fault.key.fault_id);
      fault.held.set_generation(fault.key.generation);
      fault.held.set_digest(fault.key.digest);
      // What it may still drop until it is removed. It began before now.
      if (found.fault.lease_left > absl::ZeroDuration()) {
        fault.expiry = now + found.fault.lease_left;
        fault.held.set_start_ns(now.nanos());
        fault.held.set_expiry_ns(fault.expiry.nanos());
        if (found.fault.state == GateState::kTimed) {
          fault.held.set_state(v1::STATE_ARMED);
        } else if (found.fault.state == GateState::kOpen) {
          fault.held.set_state(v1::STATE_IN_FORCE);
        }
      }
      report_.push_back(absl::StrCat("not adopted: fault ", fault.key.fault_id,
                                     ", generation ", fault.key.generation,
                                     ", removing it: ", found.why));
      End(fault, v1::STATE_HEALED, "swept as the agent started: " + found.why,
          now);
    }
  }
  record_due_ = true;
  return EndEvent();
}

Actions Core::Stage(CallId call,
                    const std::shared_ptr<const v1::StageRequest>& request,
                    BootInstant now) {
  BeginEvent(now);
  HandleStage(call, request, now);
  return EndEvent();
}

Actions Core::Arm(CallId call, const v1::ArmRequest& request, BootInstant now) {
  BeginEvent(now);
  HandleArm(call, request, now);
  return EndEvent();
}

Actions Core::KeepAlive(CallId call, const v1::KeepAliveRequest& request,
                        BootInstant now) {
  BeginEvent(now);
  HandleKeepAlive(call, request, now);
  return EndEvent();
}

Actions Core::Heal(CallId call, const v1::HealRequest& request,
                   BootInstant now) {
  BeginEvent(now);
  HandleHeal(call, request, now);
  return EndEvent();
}

Actions Core::HearTerm(uint64_t term, BootInstant now) {
  BeginEvent(now);
  NoteTerm(term);
  return EndEvent();
}

Actions Core::TimerDue(BootInstant now) {
  BeginEvent(now);
  return EndEvent();
}

Actions Core::ClockStepped(BootInstant now) {
  for (auto& [gate, fault] : faults_) {
    // Also while Arm is in flight: its start may have been converted before.
    const bool timed =
        fault.held.state() == v1::STATE_ARMED ||
        (fault.step != Step::kIdle && fault.job.kind == JobKind::kArm);
    if (timed) {
      End(fault, v1::STATE_HEALED,
          "the wall clock was set before the fault was in force", now);
    }
  }
  BeginEvent(now);
  return EndEvent();
}

Actions Core::Latched(BootInstant now) {
  for (auto& [gate, fault] : faults_) {
    End(fault, v1::STATE_HEALED, "the stop latch was set", now);
  }
  BeginEvent(now);
  return EndEvent();
}

Actions Core::RulesetChanged(const RulesetChange& change, BootInstant now) {
  for (auto& [gate, fault] : faults_) {
    if (!change.anything && !change.gates.contains(gate)) continue;
    fault.look_at = now;
    // What could not be removed and was said to be in force may be so no more.
    if (fault.ending) fault.ending->retry_at = now;
  }
  BeginEvent(now);
  return EndEvent();
}

Actions Core::AddressesAre(const std::vector<Address>& addresses,
                           BootInstant now) {
  local_addresses_.clear();
  for (const Address& a : addresses) local_addresses_.insert(a.ToString());
  for (auto& [gate, fault] : faults_) {
    for (const std::string& address : fault.local_addresses) {
      if (local_addresses_.contains(address)) continue;
      Drifted(fault, v1::STATE_HEALED,
              absl::StrCat(address,
                           ", whose packets it drops, is no longer an address "
                           "of this host's network namespace"),
              now);
      break;
    }
  }
  BeginEvent(now);
  return EndEvent();
}

void Core::RecordWritten(absl::Status status) {
  record_status_ = std::move(status);
}

std::optional<BootInstant> Core::NextTimer() const {
  std::optional<BootInstant> next;
  const auto consider = [&](BootInstant at) {
    next = next ? std::min(*next, at) : at;
  };
  for (const auto& [gate, fault] : faults_) {
    if (fault.step != Step::kIdle) continue;  // Its operation's end is next.
    if (fault.look_at && !fault.ending) consider(*fault.look_at);
    if (fault.ending) {
      consider(*fault.ending->retry_at);
    } else if (fault.Armed()) {
      consider(fault.expiry);
      if (fault.held.state() == v1::STATE_ARMED) consider(fault.start);
    } else {
      consider(fault.time_to_live_end);
    }
  }
  return next;
}

std::vector<v1::Held> Core::Held() const {
  std::vector<v1::Held> result;
  for (const auto& [gate, fault] : faults_) {
    if (fault.held.state() != v1::STATE_UNSPECIFIED) {
      result.push_back(fault.held);
    }
  }
  tombstones_.ForEach([&](const v1::Held& held) { result.push_back(held); });
  return result;
}

v1::Stamp Core::StampAt(BootInstant now) const {
  v1::Stamp stamp;
  stamp.set_boot_id(identity_.boot_id);
  stamp.set_incarnation(identity_.incarnation);
  stamp.set_now_ns(now.nanos());
  stamp.set_highest_term(highest_term_);
  return stamp;
}

void Core::BeginEvent(BootInstant now) {
  tombstones_.Purge(now);
  SettleAll(now);
}

Actions Core::EndEvent() {
  if (record_due_) actions_.push_back(WriteRecord{MakeRecord()});
  record_due_ = false;
  return std::exchange(actions_, {});
}

void Core::NoteTerm(uint64_t term) {
  if (term <= highest_term_) return;
  highest_term_ = term;
  // Before anything is done for the new controller: the agent may die next.
  actions_.push_back(WriteRecord{MakeRecord()});
}

GateId Core::NewGate() {
  GateId gate = 0;
  while (gate == 0 || faults_.contains(gate)) gate = random_();
  return gate;
}

Record Core::MakeRecord() const {
  Record record;
  record.set_boot_id(identity_.boot_id);
  record.set_highest_term(highest_term_);
  for (const auto& [gate, fault] : faults_) {
    if (fault.held.state() != v1::STATE_IN_FORCE || fault.ending) continue;
    auto* kept = record.add_in_force();
    kept->set_gate(gate);
    for (const std::string& address : fault.local_addresses) {
      kept->add_local_addresses(address);
    }
    *kept->mutable_held() = fault.held;
  }
  tombstones_.ForEach(
      [&](const v1::Held& held) { *record.add_tombstones() = held; });
  return record;
}

void Core::Say(const Fault& fault) { actions_.push_back(Notify{fault.held}); }

void Core::Refuse(CallId call, absl::Status status) {
  actions_.push_back(Reply{call, std::move(status), {}});
}

}  // namespace sunder::agent
