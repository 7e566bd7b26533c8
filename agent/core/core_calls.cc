// What the controller asks for.

#include <algorithm>
#include <memory>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "agent/core/admission.h"
#include "agent/core/core.h"
#include "agent/core/limits.h"
#include "common/error_detail.h"

namespace sunder::agent {
namespace {

absl::Status Exhausted(absl::string_view what, absl::string_view advice) {
  return ErrorWithDetail(absl::StatusCode::kResourceExhausted, what,
                         "RESOURCE_EXHAUSTED", "faults", advice);
}

absl::Status Healing(const Fault& fault) {
  return Refusal("HEALING", fault.key.fault_id,
                 absl::StrCat("fault ", fault.key.fault_id, " is being healed",
                              fault.ending->reason.empty() ? "" : ": ",
                              fault.ending->reason));
}

}  // namespace

absl::Status Core::CheckCaller(const v1::Caller& caller,
                               BootInstant now) const {
  if (caller.term() == 0) {
    return ErrorWithDetail(absl::StatusCode::kInvalidArgument,
                           "caller.term must be at least 1", "INVALID_FIELD",
                           "caller.term");
  }
  if (caller.term() < highest_term_) {
    return Refusal(
        "STALE_TERM", "caller.term",
        absl::StrCat("term ", caller.term(), " is lower than ", highest_term_,
                     ", which a newer controller has"),
        "Stop the older controller.");
  }
  if (caller.incarnation() != identity_.incarnation) {
    return Refusal("WRONG_INCARNATION", "caller.incarnation",
                   "the request is meant for another life of this agent",
                   "Ask Describe what this agent holds before anything else.");
  }
  return CheckNotAfter(caller, now);
}

absl::Status Core::Admit(const v1::Caller& caller, BootInstant now) {
  absl::Status s = CheckCaller(caller, now);
  if (s.ok()) NoteTerm(caller.term());
  return s;
}

absl::Status Core::CheckFeatures() const {
  for (const v1::Feature& feature : features_) {
    if (feature.present()) continue;
    return Refusal(
        "MISSING_FEATURE", feature.name(),
        absl::StrCat("this host's kernel lacks ", feature.name(),
                     ", without which nothing is staged: ", feature.detail()),
        "Run Linux 5.10 or newer with nf_tables on this host and start its "
        "agent again, or leave the host out of the fault.");
  }
  return absl::OkStatus();
}

absl::Status Core::CheckRoom() const {
  if (faults_.size() >= kMostFaults) {
    return Exhausted(absl::StrCat("this host holds ", kMostFaults, " faults"),
                     "Heal some of them first.");
  }
  if (faults_.size() + tombstones_.size() >= kMostRemembered) {
    return Exhausted(
        absl::StrCat("this host remembers ", kMostRemembered, " faults"),
        absl::StrCat("Wait: ended faults are forgotten after ",
                     absl::FormatDuration(kTombstoneLife), "."));
  }
  return absl::OkStatus();
}

absl::Status Core::Check(const v1::StageRequest& request,
                         BootInstant now) const {
  if (absl::Status s = CheckCaller(request.caller(), now); !s.ok()) return s;
  if (absl::Status s = CheckStage(request); !s.ok()) return s;
  if (absl::Status s = CheckFeatures(); !s.ok()) return s;
  return CheckRoom();
}

Fault* Core::Find(const std::string& fault_id, uint64_t generation) {
  for (auto& [gate, fault] : faults_) {
    if (fault.key.fault_id == fault_id && fault.key.generation == generation) {
      return &fault;
    }
  }
  return nullptr;
}

absl::Status Core::CheckNext(const std::string& fault_id, uint64_t generation) {
  for (const auto& [gate, fault] : faults_) {
    if (fault.key.fault_id != fault_id) continue;
    if (fault.ending && fault.held.whole()) return Healing(fault);
    if (fault.key.generation > generation) {
      return Refusal("WRONG_GENERATION", "generation",
                     absl::StrCat("fault ", fault_id, " is here in generation ",
                                  fault.key.generation, " already"),
                     "Give each change of a fault a higher generation.");
    }
  }
  if (const v1::Held* held = tombstones_.Find(fault_id, generation)) {
    return TombstoneRefusal(*held);
  }
  return absl::OkStatus();
}

absl::StatusOr<Fault*> Core::Locate(const std::string& fault_id,
                                    uint64_t generation) {
  if (absl::Status s = CheckFaultId(fault_id); !s.ok()) return s;
  if (absl::Status s = CheckGeneration(generation); !s.ok()) return s;
  if (Fault* fault = Find(fault_id, generation)) return fault;
  if (const v1::Held* held = tombstones_.Find(fault_id, generation)) {
    return TombstoneRefusal(*held);
  }
  for (const auto& [gate, fault] : faults_) {
    if (fault.key.fault_id != fault_id) continue;
    return Refusal("WRONG_GENERATION", "generation",
                   absl::StrCat("fault ", fault_id, " is here in generation ",
                                fault.key.generation, ", not ", generation));
  }
  return ErrorWithDetail(
      absl::StatusCode::kNotFound,
      absl::StrCat("fault ", fault_id, " is not staged at this host"),
      "UNKNOWN_FAULT", fault_id, "Stage it first.");
}

template <typename Request>
void Core::Wait(Fault& fault, CallId call, const Request& request) {
  if (fault.waiting.size() >= kMostWaitingCalls) {
    return Refuse(call, Exhausted("too many calls wait for this fault",
                                  "Call again later."));
  }
  fault.waiting.push_back({call, request});
}

void Core::Dispatch(const WaitingCall& call, BootInstant now) {
  if (const auto* stage = std::get_if<0>(&call.request)) {
    HandleStage(call.id, *stage, now);
  } else if (const auto* arm = std::get_if<v1::ArmRequest>(&call.request)) {
    HandleArm(call.id, *arm, now);
  } else {
    HandleKeepAlive(call.id, std::get<v1::KeepAliveRequest>(call.request), now);
  }
}

void Core::HandleStage(CallId call,
                       const std::shared_ptr<const v1::StageRequest>& request,
                       BootInstant now) {
  absl::Status s = Admit(request->caller(), now);
  if (s.ok()) s = CheckStage(*request);
  if (s.ok()) s = CheckFeatures();
  if (!s.ok()) return Refuse(call, s);

  if (Fault* fault = Find(request->fault_id(), request->generation())) {
    if (fault->key.digest != request->digest()) {
      return Refuse(call, Refusal("OTHER_DIGEST", "digest",
                                  absl::StrCat("fault ", request->fault_id(),
                                               " is here with other flows"),
                                  "Never use a fault's id again."));
    }
    if (fault->step != Step::kIdle) return Wait(*fault, call, request);
    if (fault->ending) return Refuse(call, Healing(*fault));
    return BeginCheck(*fault, call);
  }
  s = CheckNext(request->fault_id(), request->generation());
  if (!s.ok()) return Refuse(call, s);
  if (s = CheckRoom(); !s.ok()) return Refuse(call, s);
  if (!record_status_.ok()) {
    record_due_ = true;  // Perhaps it goes well this time.
    return Refuse(
        call, ErrorWithDetail(
                  absl::StatusCode::kUnavailable,
                  absl::StrCat("this agent cannot write its records: ",
                               std::string(record_status_.message())),
                  "RECORD_NOT_WRITTEN", "state-dir",
                  "Make room in the agent's state directory and try again."));
  }

  const GateId gate = NewGate();
  Fault& fault = faults_[gate];
  fault.gate = gate;
  fault.key = {request->fault_id(), request->generation(), request->digest()};
  const auto asked = absl::Nanoseconds(request->time_to_live_ns());
  fault.time_to_live_end =
      now + (asked > absl::ZeroDuration() ? asked : kDefaultTimeToLive);
  const auto is_about = [&](const std::string& address) {
    if (!local_addresses_.contains(address)) return;
    fault.local_addresses.insert(address);
  };
  for (const std::string& address : request->addresses()) is_about(address);
  for (const auto& flow : request->flows()) {
    for (const std::string& address : flow.destinations()) is_about(address);
  }
  fault.held.set_fault_id(request->fault_id());
  fault.held.set_generation(request->generation());
  fault.held.set_digest(request->digest());
  Job job;
  job.kind = JobKind::kStage;
  job.call = call;
  Begin(fault, std::move(job), StageOp{request});
}

void Core::HandleArm(CallId call, const v1::ArmRequest& request,
                     BootInstant now) {
  if (absl::Status s = Admit(request.caller(), now); !s.ok()) {
    return Refuse(call, s);
  }
  const absl::StatusOr<Fault*> located =
      Locate(request.fault_id(), request.generation());
  if (!located.ok()) return Refuse(call, located.status());
  Fault& fault = **located;
  if (fault.step != Step::kIdle) return Wait(fault, call, request);
  if (fault.ending) return Refuse(call, Healing(fault));

  const auto start = AsInstant(request.start_ns());
  const auto end = AsInstant(request.end_ns());
  const auto expiry = std::min(AsInstant(request.expiry_ns()), end);
  if (fault.Armed()) {
    if (start == fault.start && end == fault.end &&
        expiry == fault.first_expiry) {
      return BeginCheck(fault, call);
    }
    return Refuse(call, Refusal("ALREADY_ARMED", "start_ns",
                                absl::StrCat("fault ", request.fault_id(),
                                             " is armed for another instant, "
                                             "expiry or end"),
                                "Heal it and declare it again."));
  }
  if (absl::Status s = CheckArm(request, now); !s.ok()) return Refuse(call, s);
  Job job;
  job.kind = JobKind::kArm;
  job.call = call;
  job.start = start;
  job.expiry = expiry;
  job.end = end;
  Begin(fault, std::move(job), ArmOp{start, expiry});
}

void Core::HandleKeepAlive(CallId call, const v1::KeepAliveRequest& request,
                           BootInstant now) {
  if (absl::Status s = Admit(request.caller(), now); !s.ok()) {
    return Refuse(call, s);
  }
  if (request.number() == 0) {
    return Refuse(call, ErrorWithDetail(absl::StatusCode::kInvalidArgument,
                                        "number must be at least 1",
                                        "INVALID_FIELD", "number"));
  }
  const absl::StatusOr<Fault*> located =
      Locate(request.fault_id(), request.generation());
  if (!located.ok()) return Refuse(call, located.status());
  Fault& fault = **located;
  if (fault.step != Step::kIdle) return Wait(fault, call, request);
  if (fault.ending) return Refuse(call, Healing(fault));
  if (!fault.Armed()) {
    return Refuse(call, Refusal("NOT_ARMED", request.fault_id(),
                                absl::StrCat("fault ", request.fault_id(),
                                             " has no lease: it is not armed"),
                                "Arm it first."));
  }
  if (request.number() <= fault.held.keep_alive()) {
    return BeginCheck(fault, call);
  }
  if (absl::Status s = CheckKeepAlive(request, fault.end, now); !s.ok()) {
    return Refuse(call, s);
  }
  Job job;
  job.kind = JobKind::kRefresh;
  job.call = call;
  job.number = request.number();
  job.expiry = std::min(AsInstant(request.expiry_ns()), fault.end);
  const BootInstant expiry = job.expiry;
  Begin(fault, std::move(job), RefreshOp{expiry});
}

void Core::HandleHeal(CallId call, const v1::HealRequest& request,
                      BootInstant now) {
  v1::Caller caller = request.caller();
  if (caller.incarnation() == 0) caller.set_incarnation(identity_.incarnation);
  absl::Status s = Admit(caller, now);
  if (s.ok()) s = CheckFaultId(request.fault_id());
  if (!s.ok()) return Refuse(call, s);

  const HealCall heal{call, request.fault_id(), request.generation()};
  const bool whole = heal.generation == 0;
  heals_.push_back(heal);
  for (auto& [gate, fault] : faults_) {
    if (!heal.Concerns(fault.key)) continue;
    if (whole) fault.held.set_whole(true);
    if (!fault.ending) {
      End(fault, v1::STATE_HEALED, "", now);
    } else if (fault.step == Step::kIdle) {
      // A retry that waits for its turn has it now.
      fault.ending->retry_at = now;
      Settle(fault, now);
    }
  }
  if (whole) tombstones_.MakeWhole(heal.fault_id);
  const bool here = std::any_of(
      faults_.begin(), faults_.end(),
      [&heal](const auto& entry) { return heal.Concerns(entry.second.key); });
  if (!here && tombstones_.Find(heal.fault_id, heal.generation) == nullptr) {
    if (faults_.size() + tombstones_.size() >= kMostRemembered) {
      heals_.pop_back();
      return Refuse(call, CheckRoom());
    }
    // A Stage that was overtaken by this Heal must find a tombstone.
    v1::Held held;
    held.set_fault_id(heal.fault_id);
    held.set_generation(heal.generation);
    held.set_whole(whole);
    held.set_state(v1::STATE_HEALED);
    held.set_gone_ns(now.nanos());
    held.set_reason("it was never here");
    tombstones_.Leave(held, now);
  }
  record_due_ = true;
  AnswerHeals();
}

void Core::AnswerHeals() {
  std::erase_if(heals_, [this](const HealCall& heal) {
    for (const auto& [gate, fault] : faults_) {
      if (heal.Concerns(fault.key)) return false;
    }
    actions_.push_back(
        Reply{heal.call, absl::OkStatus(),
              *tombstones_.Find(heal.fault_id, heal.generation)});
    return true;
  });
}

}  // namespace sunder::agent
