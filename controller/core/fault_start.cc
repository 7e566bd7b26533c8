// From the record to the acknowledged start instant; and the way back in after
// a restart of the controller.

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "controller/core/fault.h"
#include "controller/core/merge_flows.h"

namespace sunder::controller {

void Fault::StepHolder(BootInstant now) {
  if (!view_.spec().hold() || holders_ > 0) return;
  const BootInstant until = *holderless_since_ + core_.options.holder_grace;
  if (now < until) {
    wake_.By(until);
    return;
  }
  BeginHealing(Cause::kDemand, "nobody holds it any more", now);
}

void Fault::StepStaging(BootInstant now) {
  const absl::StatusOr<bool> staged = StageComing(now);
  if (!staged.ok()) {
    BeginHealing(Cause::kDemand, std::string(staged.status().message()), now);
  } else if (*staged) {
    SetState(sunder::v1::FAULT_STATE_STAGED);
    ArmFirst(now);
  }
}

absl::StatusOr<bool> Fault::StageComing(BootInstant now) {
  const BootInstant reach_by = staging_began_ + core_.options.reach_timeout;
  const BootInstant deadline = staging_began_ + core_.options.stage_timeout;
  bool all = true;
  for (HostPart& part : parts_) {
    if (part.standing != Standing::kComing) continue;
    if (part.gone || !part.refusal.ok()) {
      return absl::AbortedError(absl::StrCat(
          part.host(), " did not stage it: ", part.status->error()));
    }
    if (StageOn(part, now)) continue;
    all = false;
    if (part.pending == 0 && now >= reach_by) {
      return absl::AbortedError(
          absl::StrCat("the agent of ", part.host(),
                       " cannot be reached: ", part.link->error()));
    }
  }
  if (all) return true;
  if (now >= deadline) return absl::AbortedError("staging took too long");
  wake_.By(now < reach_by ? reach_by : deadline);
  return false;
}

bool Fault::StageOn(HostPart& part, BootInstant now) {
  const bool ready = part.link->settled() && part.link->clock().Ready(now);
  if (part.staged && part.stage_took == absl::ZeroDuration()) {
    part.stage_took = now - part.stage_began;
  }
  if (part.staged || part.pending != 0) return part.staged && ready;
  if (!ready) return false;  // The link asks on its own until it is.
  if (!part.MayRetry(now, absl::Seconds(1))) {
    wake_.By(part.RetryAt(absl::Seconds(1)));
    return false;
  }
  const BootInstant deadline = staging_began_ + core_.options.stage_timeout;
  agent::v1::StageRequest request;
  *request.mutable_caller() = part.link->CallerFor(core_.term, deadline);
  request.set_fault_id(view_.id());
  request.set_generation(part.generation());
  request.set_digest(part.digest);
  *request.mutable_flows() = MergeFlows(part.plan->flows());
  *request.mutable_protected_() = part.plan->protected_();
  *request.mutable_addresses() = part.plan->addresses();
  part.stage_sent = true;
  part.stage_began = now;
  part.pending =
      core_.out.Send(part.host(), view_.id(), std::move(request), deadline);
  return false;
}

absl::Status Fault::CheckClocks(BootInstant now) const {
  for (const HostPart& part : parts_) {
    if (part.standing != Standing::kComing) continue;
    const absl::Duration error = part.link->clock().Uncertainty(now);
    if (error <= core_.options.max_uncertainty) continue;
    return absl::AbortedError(absl::StrCat("the clock of ", part.host(),
                                           " is known only within ",
                                           absl::FormatDuration(error)));
  }
  return absl::OkStatus();
}

// Arm goes the way that Stage went just now, to as many hosts at once, and is
// less work. But nobody repeats it, and what is late makes the fault fail.
absl::Duration Fault::Lead() const {
  absl::Duration slowest = absl::ZeroDuration();
  for (const HostPart& part : parts_) {
    if (part.standing != Standing::kComing) continue;
    slowest = std::max(slowest, part.stage_took);
  }
  return std::clamp(1.5 * slowest, core_.options.min_lead,
                    core_.options.max_lead);
}

void Fault::ArmFirst(BootInstant now) {
  if (absl::Status status = CheckClocks(now); !status.ok()) {
    BeginHealing(Cause::kDemand, std::string(status.message()), now);
    return;
  }
  const auto& duration = view_.spec().duration();
  t0_ = now + Lead();
  end_ = t0_ + absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
  number_ = 0;
  expiry_ = std::min(t0_ + core_.options.first_expiry, end_);
  next_keep_alive_ = t0_ + core_.options.keep_alive_gap;
  SendArms();
  *view_.mutable_start() = core_.timeline.At(t0_, WorstUncertainty(t0_));
  *view_.mutable_end() = core_.timeline.At(end_, WorstUncertainty(end_));
  phase_ = Phase::kArming;
  phase_began_ = now;
}

void Fault::SendArms() {
  for (HostPart& part : parts_) {
    if (part.standing != Standing::kComing) continue;
    const ClockEstimate& clock = part.link->clock();
    agent::v1::ArmRequest request;
    *request.mutable_caller() = part.link->CallerFor(core_.term, t0_);
    request.set_fault_id(view_.id());
    request.set_generation(part.generation());
    request.set_start_ns(clock.ToAgent(t0_).nanos());
    request.set_expiry_ns(clock.ToAgent(expiry_).nanos());
    request.set_end_ns(clock.ToAgent(end_).nanos());
    part.NewRequest();
    part.arm_sent = true;
    part.arm_number = number_;
    part.bound = part.link->OverBy(expiry_);
    *part.status->mutable_expiry() =
        core_.timeline.At(expiry_, clock.Uncertainty(expiry_));
    part.pending =
        core_.out.Send(part.host(), view_.id(), std::move(request), t0_);
  }
  changed_ = true;
}

void Fault::StepArming(BootInstant now) {
  const absl::StatusOr<bool> armed = KeepArmed(now);
  if (!armed.ok()) {
    BeginHealing(Cause::kDemand, std::string(armed.status().message()), now);
  } else if (*armed) {
    phase_ = Phase::kHolding;
    SetState(sunder::v1::FAULT_STATE_ARMED);
  }
}

absl::StatusOr<bool> Fault::KeepArmed(BootInstant now) {
  bool all = true;
  for (const HostPart& part : parts_) {
    if (part.standing != Standing::kComing) continue;
    // Arm is not repeated: there is no time for it.
    if (part.gone || (part.pending == 0 && !part.armed)) {
      return absl::AbortedError(
          absl::StrCat(part.host(), " was not armed: ", part.status->error()));
    }
    all = all && part.armed;
  }
  if (!all) {
    if (now >= t0_) {
      return absl::AbortedError("not every host was armed in time");
    }
    wake_.By(t0_);
    return false;
  }
  for (HostPart& part : parts_) {
    if (part.standing != Standing::kComing) continue;
    part.standing = Standing::kKept;
    part.plan = nullptr;
  }
  return true;
}

// Goes on with the newest generation that all its hosts hold. So a change that
// was on its way when the controller died converges, one way or the other.
void Fault::StepAdopting(BootInstant now) {
  const BootInstant deadline = phase_began_ + core_.options.reach_timeout;
  std::string who;
  Holding next = Holding::kGap;
  if (next_.hosts_size() > 0) next = Look(newest_, now, who);
  if (next == Holding::kAll) return Adopt(newest_, now);
  const Holding current = Look(view_.generation(), now, who);
  const bool no_next = next == Holding::kGap || now >= deadline;
  if (current == Holding::kAll && no_next) {
    return Adopt(view_.generation(), now);
  }
  if (current == Holding::kGap && no_next) {
    BeginHealing(Cause::kGap,
                 absl::StrCat("after a restart of the controller: ", who,
                              " does not hold it"),
                 now);
  } else if (now >= deadline) {
    BeginHealing(Cause::kGap,
                 "after a restart of the controller: not every agent answers",
                 now);
  } else {
    wake_.By(deadline);
  }
}

Fault::Holding Fault::Look(uint64_t generation, BootInstant now,
                           std::string& who) const {
  Holding holding = Holding::kAll;
  for (const HostPart& part : parts_) {
    if (part.generation() != generation) continue;
    if (part.gone || !part.refusal.ok() || (part.described && !part.in_force)) {
      who = part.host();
      return Holding::kGap;
    }
    if (!part.described || !part.link->clock().Ready(now)) {
      holding = Holding::kNotKnown;
    }
  }
  return holding;
}

void Fault::Adopt(uint64_t generation, BootInstant now) {
  if (generation != view_.generation()) {
    view_.set_generation(generation);
    SetPlan(std::move(next_));
  }
  next_.Clear();
  view_.clear_reason();
  for (HostPart& part : parts_) {
    if (part.generation() == generation) {
      part.standing = Standing::kKept;
      part.status->set_state(sunder::v1::HOST_STATE_IN_FORCE);
      part.status->clear_unknown_until();
    } else {
      part.Leave(now, core_.timeline);
      change_ = Change::kRetiring;
    }
  }
  // All hosts were given the same instants; they differ by the clocks' errors.
  // Expiries may be those of two neighbouring keep-alives: the next one makes
  // them equal before any moves on.
  t0_ = end_ = expiry_ = BootInstant();
  number_ = 0;
  for (const HostPart& part : parts_) {
    if (part.standing != Standing::kKept) continue;
    const ClockEstimate& clock = part.link->clock();
    t0_ = std::max(t0_, clock.ToLocal(part.start));
    end_ = std::max(end_, clock.ToLocal(part.end));
    expiry_ = std::max(expiry_, clock.ToLocal(part.expiry));
    number_ = std::max(number_, part.acked);
  }
  // A later generation started later than the fault.
  if (generation == 1 || !view_.has_start()) {
    *view_.mutable_start() = core_.timeline.At(t0_, WorstUncertainty(t0_));
  }
  *view_.mutable_end() = core_.timeline.At(end_, WorstUncertainty(end_));
  changed_ = true;
  phase_ = Phase::kHolding;
  if (change_ == Change::kRetiring) SetState(sunder::v1::FAULT_STATE_CHANGING);
  ++number_;
  next_keep_alive_ = now + core_.options.keep_alive_gap;
  round_deadline_ = now + core_.options.keep_alive_timeout;
  SendKeepAlives(now);
}

}  // namespace sunder::controller
