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
  const BootInstant reach_by = phase_began_ + core_.options.reach_timeout;
  const BootInstant deadline = phase_began_ + core_.options.stage_timeout;
  size_t staged = 0;
  for (HostPart& part : parts_) {
    if (part.gone || !part.refusal.ok()) {
      BeginHealing(Cause::kDemand,
                   absl::StrCat(part.host(),
                                " did not stage it: ", part.status->error()),
                   now);
      return;
    }
    if (StageOn(part, now)) {
      ++staged;
    } else if (part.pending == 0 && now >= reach_by) {
      BeginHealing(Cause::kDemand,
                   absl::StrCat("the agent of ", part.host(),
                                " cannot be reached: ", part.link->error()),
                   now);
      return;
    }
  }
  if (staged == parts_.size()) {
    SetState(sunder::v1::FAULT_STATE_STAGED);
    SendArms(now);
  } else if (now >= deadline) {
    BeginHealing(Cause::kDemand, "staging took too long", now);
  } else {
    wake_.By(now < reach_by ? reach_by : deadline);
  }
}

bool Fault::StageOn(HostPart& part, BootInstant now) {
  const bool ready = part.link->settled() && part.link->clock().Ready(now);
  if (part.staged || part.pending != 0) return part.staged && ready;
  if (!ready) return false;  // The link asks on its own until it is.
  if (!part.MayRetry(now, absl::Seconds(1))) {
    wake_.By(part.RetryAt(absl::Seconds(1)));
    return false;
  }
  const BootInstant deadline = phase_began_ + core_.options.stage_timeout;
  agent::v1::StageRequest request;
  *request.mutable_caller() = part.link->CallerFor(core_.term, deadline);
  request.set_fault_id(view_.id());
  request.set_generation(view_.generation());
  request.set_digest(part.digest);
  *request.mutable_flows() = MergeFlows(part.plan->flows());
  *request.mutable_protected_() = part.plan->protected_();
  part.stage_sent = true;
  part.pending =
      core_.out.Send(part.host(), view_.id(), std::move(request), deadline);
  return false;
}

absl::Duration Fault::Lead() const {
  absl::Duration slowest = absl::ZeroDuration();
  for (const HostPart& part : parts_) {
    slowest = std::max(slowest, part.link->clock().worst_recent_round_trip());
  }
  return std::clamp(4 * slowest, core_.options.min_lead,
                    core_.options.max_lead);
}

void Fault::SendArms(BootInstant now) {
  for (const HostPart& part : parts_) {
    const absl::Duration error = part.link->clock().Uncertainty(now);
    if (error <= core_.options.max_uncertainty) continue;
    BeginHealing(
        Cause::kDemand,
        absl::StrCat("the clock of ", part.host(), " is known only within ",
                     absl::FormatDuration(error)),
        now);
    return;
  }
  const auto& duration = view_.spec().duration();
  t0_ = now + Lead();
  end_ = t0_ + absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
  number_ = 0;
  expiry_ = std::min(t0_ + core_.options.first_expiry, end_);
  *view_.mutable_start() = core_.timeline.At(t0_, WorstUncertainty(t0_));
  *view_.mutable_end() = core_.timeline.At(end_, WorstUncertainty(end_));
  for (HostPart& part : parts_) {
    const ClockEstimate& clock = part.link->clock();
    agent::v1::ArmRequest request;
    *request.mutable_caller() = part.link->CallerFor(core_.term, t0_);
    request.set_fault_id(view_.id());
    request.set_generation(view_.generation());
    request.set_start_ns(clock.ToAgent(t0_).nanos());
    request.set_expiry_ns(clock.ToAgent(expiry_).nanos());
    request.set_end_ns(clock.ToAgent(end_).nanos());
    part.NewRequest();
    part.arm_sent = true;
    part.bound = expiry_ + clock.Uncertainty(expiry_);
    *part.status->mutable_expiry() =
        core_.timeline.At(expiry_, clock.Uncertainty(expiry_));
    part.pending =
        core_.out.Send(part.host(), view_.id(), std::move(request), t0_);
  }
  phase_ = Phase::kArming;
  phase_began_ = now;
  changed_ = true;
}

void Fault::StepArming(BootInstant now) {
  size_t armed = 0;
  for (const HostPart& part : parts_) {
    // Arm is not repeated: there is no time for it.
    if (part.gone || (part.pending == 0 && !part.armed)) {
      BeginHealing(
          Cause::kDemand,
          absl::StrCat(part.host(), " was not armed: ", part.status->error()),
          now);
      return;
    }
    if (part.armed) ++armed;
  }
  if (armed == parts_.size()) {
    phase_ = Phase::kHolding;
    SetState(sunder::v1::FAULT_STATE_ARMED);
  } else if (now >= t0_) {
    BeginHealing(Cause::kDemand, "not every host was armed in time", now);
  } else {
    wake_.By(t0_);
  }
}

void Fault::StepAdopting(BootInstant now) {
  const BootInstant deadline = phase_began_ + core_.options.reach_timeout;
  bool known = true;
  for (const HostPart& part : parts_) {
    if (part.gone || !part.refusal.ok() || (part.described && !part.in_force)) {
      BeginHealing(Cause::kGap,
                   absl::StrCat("after a restart of the controller: ",
                                part.host(), " does not hold it"),
                   now);
      return;
    }
    known = known && part.described && part.link->clock().Ready(now);
  }
  if (known) {
    Adopt(now);
  } else if (now >= deadline) {
    BeginHealing(Cause::kGap,
                 "after a restart of the controller: not every agent answers",
                 now);
  } else {
    wake_.By(deadline);
  }
}

void Fault::Adopt(BootInstant now) {
  // All hosts were given the same instants; they differ by the clocks' errors.
  // Expiries may be those of two neighbouring keep-alives: the next one makes
  // them equal before any moves on.
  t0_ = end_ = expiry_ = BootInstant();
  number_ = 0;
  for (const HostPart& part : parts_) {
    const ClockEstimate& clock = part.link->clock();
    t0_ = std::max(t0_, clock.ToLocal(part.start));
    end_ = std::max(end_, clock.ToLocal(part.end));
    expiry_ = std::max(expiry_, clock.ToLocal(part.expiry));
    number_ = std::max(number_, part.acked);
  }
  *view_.mutable_start() = core_.timeline.At(t0_, WorstUncertainty(t0_));
  *view_.mutable_end() = core_.timeline.At(end_, WorstUncertainty(end_));
  for (HostPart& part : parts_) {
    part.status->set_state(sunder::v1::HOST_STATE_IN_FORCE);
    part.status->clear_unknown_until();
  }
  view_.clear_reason();
  changed_ = true;
  phase_ = Phase::kHolding;
  ++number_;
  round_deadline_ = now + core_.options.keep_alive_timeout;
  SendKeepAlives(now);
}

}  // namespace sunder::controller
