// From the acknowledged start instant to the end: whole, extended, or not.

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controller/core/fault.h"

namespace sunder::controller {
namespace {

constexpr absl::Duration kLongestKeepAliveRetry = absl::Milliseconds(400);

bool Earlier(const sunder::v1::Instant& a, const sunder::v1::Instant& b) {
  return std::pair(a.at().seconds(), a.at().nanos()) <
         std::pair(b.at().seconds(), b.at().nanos());
}

}  // namespace

void Fault::StepHolding(BootInstant now) {
  const auto floor = Floor();
  if (floor && now >= *floor && expiry_ >= end_ && AllAcknowledged()) {
    BeginHealing(Cause::kEnd, "", now);
    return;
  }
  LookForGaps(now);
  if (phase_ != Phase::kHolding) return;
  StepChange(now);
  LookWhetherWhole(now);
  Extend(now);
  HealLeaving(now);
}

std::optional<BootInstant> Fault::Floor() const {
  std::optional<BootInstant> floor;
  for (const HostPart& part : parts_) {
    if (part.standing != Standing::kKept) continue;
    floor = floor ? std::min(*floor, part.floor) : part.floor;
  }
  return floor;
}

absl::Duration Fault::WorstUncertainty(BootInstant t) const {
  absl::Duration worst = absl::ZeroDuration();
  for (const HostPart& part : parts_) {
    if (part.standing == Standing::kLeaving || !part.arm_sent) continue;
    worst = std::max(worst, part.link->clock().Uncertainty(t));
  }
  return worst;
}

bool Fault::AllAcknowledged() const {
  return std::all_of(parts_.begin(), parts_.end(),
                     [this](const HostPart& part) {
                       return part.standing != Standing::kKept ||
                              (part.armed && part.acked >= number_);
                     });
}

void Fault::LookForGaps(BootInstant now) {
  const BootInstant read_back_by = t0_ + 1.5 * core_.options.first_expiry;
  for (HostPart& part : parts_) {
    if (part.standing != Standing::kKept) continue;
    if (part.gone) {
      Trouble(part, absl::StrCat("it ended there: ", part.status->error()),
              now);
    } else if (part.drifted) {
      Trouble(part, absl::StrCat("it drifted there: ", part.status->error()),
              now);
    } else if (!part.refusal.ok()) {
      Trouble(part, absl::StrCat("the agent refuses: ", part.status->error()),
              now);
    } else if (now >= part.floor) {
      Trouble(part, "its lease may have run out", now);
    } else if (part.acked < number_ && now >= round_deadline_) {
      Trouble(
          part,
          absl::StrCat("did not acknowledge keep-alive ", number_, " in time"),
          now);
    } else if (!part.in_force && now >= read_back_by) {
      Trouble(part, "did not read back that it is in force", now);
    }
    if (phase_ != Phase::kHolding) return;
    if (part.standing != Standing::kKept) continue;
    wake_.By(part.floor);
    if (part.acked < number_) wake_.By(round_deadline_);
    if (!part.in_force) wake_.By(read_back_by);
  }
}

// What fails of a generation that is going out costs that generation alone.
void Fault::Trouble(HostPart& part, const std::string& why, BootInstant now) {
  if (part.generation() > view_.generation()) {
    Abandon(absl::StrCat(part.host(), ": ", why), now);
  } else {
    Gap(part, why, now);
  }
}

void Fault::Gap(HostPart& part, const std::string& why, BootInstant now) {
  const std::string reason = absl::StrCat(part.host(), ": ", why);
  const bool go_on =
      whole_ &&
      view_.spec().on_partial() == sunder::v1::PARTIAL_POLICY_CONTINUE &&
      std::any_of(parts_.begin(), parts_.end(), [&](const HostPart& other) {
        return &other != &part && other.standing == Standing::kKept &&
               other.generation() == view_.generation();
      });
  if (!go_on) {
    BeginHealing(Cause::kGap, reason, now);
    return;
  }
  if (GoesOut()) Abandon(reason, now);
  part.Leave(now, core_.timeline);
  view_.set_reason(view_.reason().empty()
                       ? reason
                       : absl::StrCat(view_.reason(), "; ", reason));
  SetState(sunder::v1::FAULT_STATE_PARTIAL);
  changed_ = true;
  Save();
}

void Fault::LookWhetherWhole(BootInstant now) {
  if (view_.state() == sunder::v1::FAULT_STATE_PARTIAL) return;
  if (view_.state() == sunder::v1::FAULT_STATE_IN_FORCE) return;
  if (view_.state() == sunder::v1::FAULT_STATE_CHANGING &&
      change_ != Change::kProving) {
    return;
  }
  bool all = true;
  for (HostPart& part : parts_) {
    if (part.standing != Standing::kKept || part.in_force) continue;
    all = false;
    // Watch should tell; but it may be slow, or broken just now.
    part.link->DescribeBy(std::max(now, t0_) + core_.options.poll);
  }
  if (!all) return;
  if (change_ == Change::kProving) return Converge(now);
  if (!std::exchange(whole_, true)) BecameWhole();
  SetState(sunder::v1::FAULT_STATE_IN_FORCE);
  Save();
}

void Fault::BecameWhole() {
  for (const HostPart& part : parts_) {
    const auto& instant = part.status->in_force();
    if (!view_.has_in_force() || Earlier(view_.in_force(), instant)) {
      *view_.mutable_in_force() = instant;
    }
  }
}

void Fault::Extend(BootInstant now) {
  if (!AllAcknowledged()) {
    SendKeepAlives(now);
    return;
  }
  if (view_.keep_alive() != number_) {
    view_.set_keep_alive(number_);
    changed_ = true;
  }
  if (expiry_ >= end_) return;
  // What is being armed is given the expiry that the others have.
  if (change_ == Change::kArming) return;
  // The first keep-alive only once it has begun everywhere, so that its
  // acknowledgement says that the host is still with it; the second only once
  // every host has read it back.
  const BootInstant begun = t0_ + WorstUncertainty(t0_);
  if (now < begun) {
    wake_.By(begun);
    return;
  }
  if (number_ >= 1 && !whole_) return;
  const BootInstant next = std::min(expiry_ + core_.options.interval, end_);
  const BootInstant due =
      std::max(next - core_.options.lease, next_keep_alive_);
  if (now < due) {
    wake_.By(due);
    return;
  }
  ++number_;
  expiry_ = next;
  next_keep_alive_ = now + core_.options.keep_alive_gap;
  round_deadline_ = now + core_.options.keep_alive_timeout;
  wake_.By(round_deadline_);
  for (HostPart& part : parts_) {
    if (part.standing == Standing::kKept) part.NewRequest();
  }
  SendKeepAlives(now);
}

void Fault::SendKeepAlives(BootInstant now) {
  for (HostPart& part : parts_) {
    if (part.standing != Standing::kKept) continue;
    if (part.acked >= number_ || part.pending != 0) continue;
    if (!part.link->settled()) continue;  // Its Describe wakes us.
    if (!part.MayRetry(now, kLongestKeepAliveRetry)) {
      wake_.By(part.RetryAt(kLongestKeepAliveRetry));
      continue;
    }
    const ClockEstimate& clock = part.link->clock();
    const BootInstant deadline =
        std::min(now + core_.options.call_timeout, round_deadline_);
    const absl::Duration error = clock.Uncertainty(expiry_);
    agent::v1::KeepAliveRequest request;
    *request.mutable_caller() = part.link->CallerFor(core_.term, deadline);
    request.set_fault_id(view_.id());
    request.set_generation(part.generation());
    request.set_number(number_);
    request.set_expiry_ns(clock.ToAgent(expiry_).nanos());
    part.bound = std::max(part.bound, part.link->OverBy(expiry_));
    // It may be taken though its answer is lost, and may end the lease earlier.
    part.floor = std::min(part.floor, expiry_ - error);
    *part.status->mutable_expiry() = core_.timeline.At(expiry_, error);
    part.pending =
        core_.out.Send(part.host(), view_.id(), std::move(request), deadline);
  }
}

}  // namespace sunder::controller
