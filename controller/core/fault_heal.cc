// From the decision to heal until nothing of the fault can be in force.

#include <algorithm>
#include <string>

#include "controller/core/fault.h"

namespace sunder::controller {
namespace {

constexpr absl::Duration kLongestHealRetry = absl::Seconds(2);

}  // namespace

void Fault::Heal(const std::string& reason, BootInstant now) {
  if (phase_ >= Phase::kHealing) return;
  BeginHealing(Cause::kDemand, reason, now);
}

void Fault::BeginHealing(Cause cause, const std::string& reason,
                         BootInstant now) {
  phase_ = Phase::kHealing;
  phase_began_ = now;
  cause_ = cause;
  if (!reason.empty()) view_.set_reason(reason);
  if (!view_.has_heal_began()) {  // An earlier life may have begun.
    // At the planned end the clocks' uncertainty decides which kernel is first;
    // the end itself is the same for all.
    const BootInstant began = cause == Cause::kEnd ? std::max(now, end_) : now;
    *view_.mutable_heal_began() = core_.timeline.At(began);
  }
  change_ = Change::kNone;
  WantNothing();
  for (HostPart& part : parts_) {
    part.heal_from = now;
    part.NewRequest();
    part.SetUnknown(core_.timeline);
  }
  SetState(sunder::v1::FAULT_STATE_HEALING);
  Save();
}

void Fault::StepHealing(BootInstant now) {
  bool done = true;
  for (HostPart& part : parts_) done = HealOn(part, now) && done;
  if (!done) return;
  // Of a database that is older than what was done with it, nobody knows at
  // which hosts the unknown generation is. Nothing extends it. Whether there is
  // one the hosts tell, also those at which all that is known has ended.
  const bool all_told =
      std::all_of(parts_.begin(), parts_.end(),
                  [](const HostPart& part) { return part.link->settled(); });
  if ((unknown_lives_ || !all_told) && now < earlier_life_over_) {
    wake_.By(earlier_life_over_);
    return;
  }
  End(now);
}

bool Fault::HealOn(HostPart& part, BootInstant now) {
  if (part.gone) return true;
  if (!part.stage_sent && !part.arm_sent) return true;
  // At its planned end the kernel heals by itself: a Heal that comes before
  // would cut the fault short where the clocks differ.
  const bool at_end = phase_ == Phase::kHealing && cause_ == Cause::kEnd;
  const BootInstant from =
      at_end ? std::max(part.heal_from, BoundOf(part.host())) : part.heal_from;
  if (now < from) {
    wake_.By(from);
    return false;
  }
  const BootInstant harmless =
      part.arm_sent ? std::max(from, part.bound) : from;
  const BootInstant give_up = harmless + core_.options.call_timeout;
  if (now >= give_up || (now >= harmless && part.failures > 0)) {
    part.SetGoneByTime(core_.timeline);
    changed_ = true;
    return true;
  }
  wake_.By(now < harmless ? harmless : give_up);
  if (part.pending != 0 || !part.link->clock().known()) return false;
  if (!part.MayRetry(now, kLongestHealRetry)) {
    wake_.By(part.RetryAt(kLongestHealRetry));
    return false;
  }
  const BootInstant deadline = now + core_.options.call_timeout;
  agent::v1::HealRequest request;
  *request.mutable_caller() = part.link->CallerFor(core_.term, deadline);
  request.mutable_caller()->set_incarnation(0);  // Whoever lives there now.
  request.set_fault_id(view_.id());
  // The end of the fault is that of whatever may still come of it.
  request.set_generation(phase_ == Phase::kHealing ? 0 : part.generation());
  part.pending =
      core_.out.Send(part.host(), view_.id(), std::move(request), deadline);
  return false;
}

BootInstant Fault::BoundOf(const std::string& host) const {
  BootInstant bound;
  for (const HostPart& part : parts_) {
    if (part.host() == host) bound = std::max(bound, part.bound);
  }
  return bound;
}

void Fault::End(BootInstant now) {
  bool healed_by_us = false;
  for (const HostPart& part : parts_) {
    if (part.generation() != view_.generation()) continue;
    if (part.status->state() == sunder::v1::HOST_STATE_HEALED) {
      healed_by_us = true;
    }
  }
  *view_.mutable_whole() = core_.timeline.At(now);
  phase_ = Phase::kEnded;
  if (!whole_) {
    SetState(sunder::v1::FAULT_STATE_FAILED);
  } else if (cause_ == Cause::kGap && !healed_by_us) {
    SetState(sunder::v1::FAULT_STATE_EXPIRED);
  } else {
    SetState(sunder::v1::FAULT_STATE_HEALED);
  }
  for (HostPart& part : parts_) part.plan = nullptr;
  next_.Clear();
  SetPlan(WithoutFlows(plan_));
  Save();
}

}  // namespace sunder::controller
