// Changes in the kernel, what is read back after them, and the end of faults.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "agent/core/admission.h"
#include "agent/core/core.h"
#include "agent/core/limits.h"
#include "common/error_detail.h"

namespace sunder::agent {
namespace {

std::string GateName(GateState state) {
  switch (state) {
    case GateState::kShut:
      return "shut";
    case GateState::kTimed:
      return "timed";
    case GateState::kOpen:
      return "open";
  }
  return "?";
}

// What the gate must be once `fault`'s job is done.
GateState Wanted(const Fault& fault) {
  switch (fault.job.kind) {
    case JobKind::kStage:
      return GateState::kShut;
    case JobKind::kArm:
      return GateState::kTimed;
    case JobKind::kOpen:
      return GateState::kOpen;
    case JobKind::kRefresh:
    case JobKind::kCheck:
      break;
  }
  switch (fault.held.state()) {
    case v1::STATE_IN_FORCE:
      return GateState::kOpen;
    case v1::STATE_ARMED:
      return GateState::kTimed;
    default:
      return GateState::kShut;
  }
}

// Until it is removed it is there, but drops nothing.
void SetInert(Fault& fault) {
  if (fault.Armed()) fault.held.set_state(v1::STATE_STAGED);
}

void NoteShut(Fault& fault, const OpResult& result) {
  if (result.read && result.read->state == GateState::kShut) SetInert(fault);
}

bool IsLatched(const absl::Status& status) {
  const auto detail = GetErrorDetail(status);
  return detail && detail->reason() == "LATCHED";
}

absl::Status WithPrefix(const absl::Status& status, absl::string_view prefix) {
  absl::Status result(status.code(), absl::StrCat(prefix, status.message()));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    result.SetPayload(url, payload);
  });
  return result;
}

}  // namespace

void Core::Send(Fault& fault, Step step, decltype(KernelOp::what) what) {
  fault.step = step;
  // Whatever somebody changes from here on, another notification tells.
  if (step == Step::kReading) fault.look_at.reset();
  fault.op = ++last_op_;
  actions_.push_back(KernelOp{fault.op, fault.gate, std::move(what)});
}

void Core::Begin(Fault& fault, Job job, decltype(KernelOp::what) change) {
  fault.job = std::move(job);
  Send(fault, Step::kChanging, std::move(change));
}

void Core::BeginCheck(Fault& fault, std::optional<CallId> call) {
  fault.job = Job();
  fault.job.call = call;
  Send(fault, Step::kReading, ReadOp{});
}

Actions Core::OpDone(OpId op, const OpResult& result, BootInstant now) {
  for (auto& [gate, fault] : faults_) {
    if (fault.step == Step::kIdle || fault.op != op) continue;
    const Step step = std::exchange(fault.step, Step::kIdle);
    switch (step) {
      case Step::kIdle:
        break;
      case Step::kChanging:
        Changed(fault, result.status, now);
        break;
      case Step::kReading:
        ReadBack(fault, result, now);
        break;
      case Step::kShutting:
        // Whatever came of it: what follows removes it all.
        if (result.status.ok()) SetInert(fault);
        Send(fault, Step::kCounting, ReadOp{});
        break;
      case Step::kCounting:
        if (result.read) {
          fault.held.set_dropped_packets(result.read->dropped_packets);
          fault.held.set_dropped_bytes(result.read->dropped_bytes);
          fault.ending->lease_was_over |=
              fault.WasArmed() &&
              result.read->lease_left <= absl::ZeroDuration();
        }
        NoteShut(fault, result);
        Send(fault, Step::kRemoving, RemoveOp{});
        break;
      case Step::kRemoving:
        if (result.status.ok()) SetInert(fault);
        fault.ending->removal = result.status;
        Send(fault, Step::kConfirming, ReadOp{});
        break;
      case Step::kConfirming:
        NoteShut(fault, result);
        Confirmed(fault, result, now);  // `fault` may be gone now.
        break;
    }
    break;
  }
  BeginEvent(now);
  return EndEvent();
}

void Core::Changed(Fault& fault, const absl::Status& status, BootInstant now) {
  Job& job = fault.job;
  job.outcome = status;
  if (status.ok() || absl::IsDataLoss(status)) {
    return Send(fault, Step::kReading, ReadOp{});
  }
  // The kernel is as it was. What does that mean for the fault?
  if (IsLatched(status)) {
    Answer(fault, status);
    return End(fault, v1::STATE_HEALED, "the stop latch is set", now);
  }
  switch (job.kind) {
    case JobKind::kStage:
      Answer(fault, WithPrefix(status, "stage: "));
      return End(fault, v1::STATE_HEALED,
                 absl::StrCat("it could not be staged: ", status.message()),
                 now);
    case JobKind::kArm:
      if (absl::IsNotFound(status) || absl::IsDeadlineExceeded(status)) {
        return End(fault, v1::STATE_HEALED,
                   absl::StrCat("it could not be armed: ", status.message()),
                   now);
      }
      // It is staged as before; its time to live goes on.
      return Answer(fault, WithPrefix(status, "arm: "));
    case JobKind::kOpen:
      return End(
          fault, v1::STATE_HEALED,
          absl::StrCat("its gate could not be opened: ", status.message()),
          now);
    case JobKind::kRefresh:
      if (absl::IsNotFound(status)) {
        return LeaseGone(fault, "the lease ran out before this keep-alive",
                         now);
      }
      if (absl::IsDeadlineExceeded(status)) {
        return End(fault, v1::STATE_EXPIRED,
                   "this keep-alive reached the kernel too late", now);
      }
      // The old lease stands.
      return Answer(fault, WithPrefix(status, "refresh the lease: "));
    case JobKind::kCheck:
      return;
  }
}

void Core::ReadBack(Fault& fault, const OpResult& result, BootInstant now) {
  Job& job = fault.job;
  if (job.kind == JobKind::kRefresh) {
    // Whether or not it was taken, the lease may last that long.
    fault.expiry = std::max(fault.expiry, job.expiry);
  }
  if (fault.ending) return;  // Settle goes on with it, and answers.
  if (absl::IsNotFound(result.status)) {
    return Drifted(fault, fault.Armed() ? v1::STATE_EXPIRED : v1::STATE_HEALED,
                   "its objects are gone: somebody else removed them", now);
  }
  if (!result.read) {
    if (job.kind == JobKind::kRefresh || job.kind == JobKind::kCheck) {
      // What it said before stands, and may not be so any more.
      fault.look_at = now + kFirstRetry;
      return Answer(fault, WithPrefix(result.status, "read back: "));
    }
    return End(
        fault, v1::STATE_HEALED,
        absl::StrCat("it could not be read back: ", result.status.message()),
        now);
  }

  const KernelFault& read = *result.read;
  const GateState wanted = Wanted(fault);
  if (wanted != GateState::kShut && read.lease_left <= absl::ZeroDuration() &&
      job.kind != JobKind::kArm) {
    return LeaseGone(fault, "its lease ran out", now);
  }
  const bool lease_is_there = read.lease_left > absl::ZeroDuration();
  if (!(read.key == fault.key) || !read.intact || read.state != wanted ||
      lease_is_there != (wanted != GateState::kShut)) {
    return Drifted(
        fault, v1::STATE_HEALED,
        absl::StrCat("the kernel does not hold it as it should: gate ",
                     GateName(read.state), " for ", GateName(wanted),
                     ", lease left ", absl::FormatDuration(read.lease_left),
                     read.intact ? "" : ", objects missing",
                     read.key == fault.key ? "" : ", another key"),
        now);
  }
  Accept(fault, read, now);
}

void Core::Accept(Fault& fault, const KernelFault& read, BootInstant now) {
  Job& job = fault.job;
  fault.held.set_dropped_packets(read.dropped_packets);
  fault.held.set_dropped_bytes(read.dropped_bytes);
  switch (job.kind) {
    case JobKind::kStage:
      fault.held.set_state(v1::STATE_STAGED);
      Say(fault);
      break;
    case JobKind::kArm:
      fault.start = job.start;
      fault.expiry = fault.first_expiry = job.expiry;
      fault.end = job.end;
      fault.held.set_start_ns(job.start.nanos());
      fault.held.set_expiry_ns(job.expiry.nanos());
      fault.held.set_end_ns(job.end.nanos());
      fault.held.set_state(v1::STATE_ARMED);
      Say(fault);
      break;
    case JobKind::kOpen:
      fault.held.set_state(v1::STATE_IN_FORCE);
      fault.held.set_in_force_ns(now.nanos());
      record_due_ = true;
      Say(fault);
      break;
    case JobKind::kRefresh: {
      // The kernel counts in timer ticks, and was read after `now`.
      constexpr absl::Duration kTolerance = absl::Milliseconds(50);
      if (absl::IsDataLoss(job.outcome)) {
        const absl::Duration off = now + read.lease_left - job.expiry;
        if (absl::AbsDuration(off) > kTolerance) {
          return Answer(fault, WithPrefix(job.outcome, "refresh the lease: "));
        }
      } else {
        fault.expiry = job.expiry;
      }
      fault.held.set_keep_alive(job.number);
      fault.held.set_expiry_ns(fault.expiry.nanos());
      break;
    }
    case JobKind::kCheck:
      break;
  }
  Answer(fault, absl::OkStatus());
}

void Core::Answer(Fault& fault, const absl::Status& status) {
  if (!fault.job.call) return;
  actions_.push_back(Reply{*std::exchange(fault.job.call, std::nullopt), status,
                           status.ok() ? fault.held : v1::Held()});
}

void Core::Drifted(Fault& fault, v1::State state, const std::string& why,
                   BootInstant now) {
  if (fault.ending) return;
  if (fault.held.state() == v1::STATE_IN_FORCE) {
    fault.held.set_state(v1::STATE_DRIFTED);
    fault.held.set_reason(why);
    record_due_ = true;
    Say(fault);
  }
  End(fault, state, why, now);
}

void Core::LeaseGone(Fault& fault, const std::string& why, BootInstant now) {
  if (now + kEarliestExpiry >= fault.expiry) {
    return End(fault, v1::STATE_EXPIRED, why, now);
  }
  Drifted(fault, v1::STATE_EXPIRED,
          "its lease is gone before its time: somebody else removed it", now);
}

void Core::End(Fault& fault, v1::State state, const std::string& reason,
               BootInstant now) {
  if (fault.ending) return;
  fault.ending.emplace();
  fault.ending->state = state;
  fault.ending->reason = reason;
  fault.ending->retry_at = now;  // The first try is due at once.
  if (fault.held.state() == v1::STATE_IN_FORCE) record_due_ = true;
  Settle(fault, now);
}

void Core::Confirmed(Fault& fault, const OpResult& result, BootInstant now) {
  if (absl::IsNotFound(result.status)) return Bury(fault, now);
  absl::Status why = fault.ending->removal;
  if (why.ok() && !result.status.ok()) {
    why = WithPrefix(result.status, "read back after removing: ");
  }
  if (why.ok()) {
    why = absl::InternalError("removed, but it is still there");
  }
  RetryLater(fault, why, now);
}

void Core::RetryLater(Fault& fault, const absl::Status& why, BootInstant now) {
  Ending& ending = *fault.ending;
  ending.retry_at = now + ending.next_retry;
  ending.next_retry = std::min(2 * ending.next_retry, kLongestRetry);
  absl::Status failed = WithPrefix(
      why,
      absl::StrCat("fault ", fault.key.fault_id, " could not be removed: "));
  fault.held.set_reason(std::string(failed.message()));
  if (fault.WasArmed() && (ending.lease_was_over || fault.expiry <= now)) {
    // Its objects are there, but nothing can be dropped by them.
    ending.state = v1::STATE_EXPIRED;
    fault.held.set_state(v1::STATE_EXPIRED);
    fault.held.set_gone_ns(std::min(fault.expiry, now).nanos());
  }
  std::erase_if(heals_, [&](const HealCall& heal) {
    if (!heal.Concerns(fault.key)) return false;
    Refuse(heal.call, failed);
    return true;
  });
  for (CallId call : std::exchange(ending.cut_short, {})) Refuse(call, failed);
  for (const WaitingCall& call : std::exchange(fault.waiting, {})) {
    Dispatch(call, now);
  }
  if (fault.held.state() != v1::STATE_UNSPECIFIED) Say(fault);
}

void Core::Bury(Fault& fault, BootInstant now) {
  const Ending ending = *std::move(fault.ending);
  v1::Held held = fault.held;
  held.set_state(ending.state);
  held.set_reason(ending.reason);
  const bool over =
      fault.WasArmed() && (ending.lease_was_over || fault.expiry <= now);
  held.set_gone_ns((over ? std::min(fault.expiry, now) : now).nanos());
  const std::deque<WaitingCall> waiting = std::move(fault.waiting);
  const bool was_said = fault.held.state() != v1::STATE_UNSPECIFIED;
  faults_.erase(fault.gate);

  tombstones_.Leave(held, now);
  record_due_ = true;
  AnswerHeals();
  for (CallId call : ending.cut_short) Refuse(call, TombstoneRefusal(held));
  if (was_said) actions_.push_back(Notify{held});
  for (const WaitingCall& call : waiting) Dispatch(call, now);
}

void Core::Settle(Fault& fault, BootInstant now) {
  if (fault.step != Step::kIdle) return;
  if (!fault.ending) {
    if (fault.Armed() && fault.expiry <= now) {
      const bool planned = fault.expiry == fault.end;
      return End(fault, planned ? v1::STATE_HEALED : v1::STATE_EXPIRED,
                 planned ? "its end was reached" : "its lease ran out", now);
    }
    if (fault.held.state() == v1::STATE_STAGED &&
        fault.time_to_live_end <= now) {
      return End(fault, v1::STATE_HEALED,
                 "it was not armed within its time to live", now);
    }
    if (fault.look_at && *fault.look_at <= now) {
      return BeginCheck(fault, std::nullopt);
    }
    if (fault.held.state() == v1::STATE_ARMED && fault.start <= now) {
      // The timed gate shut by itself then. Opened now, the fault would come
      // back.
      if (fault.first_expiry <= now) {
        return End(fault, v1::STATE_EXPIRED,
                   "its gate was not opened before its first expiry", now);
      }
      Job job;
      job.kind = JobKind::kOpen;
      return Begin(fault, std::move(job), OpenOp{});
    }
    if (!fault.waiting.empty()) {
      const WaitingCall call = std::move(fault.waiting.front());
      fault.waiting.pop_front();
      Dispatch(call, now);
      // A call that was answered at once leaves room for the next.
      return Settle(fault, now);
    }
    return;
  }
  if (fault.job.call) {
    // How it ended is said when it has been read back.
    fault.ending->cut_short.push_back(*std::exchange(fault.job.call, {}));
  }
  if (*fault.ending->retry_at <= now) {
    Send(fault, Step::kShutting, ShutOp{});
  }
}

void Core::SettleAll(BootInstant now) {
  for (auto& [gate, fault] : faults_) Settle(fault, now);
}

}  // namespace sunder::agent
