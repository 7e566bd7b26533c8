// Members move while the fault is in force: a new generation goes out beside
// the one that is there, and when every host has read it back, the former one
// goes away. If it cannot be brought in force, it goes away itself.

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "controller/core/digest.h"
#include "controller/core/fault.h"

namespace sunder::controller {
namespace {

bool AreEqual(const sunder::v1::Plan& a, const sunder::v1::Plan& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

}  // namespace

void Fault::MembersMoved(sunder::v1::Plan plan) {
  if (phase_ >= Phase::kHealing) return;
  // Another look that finds the same is no reason to hurry.
  if ((wanted_ || GoesOut()) && AreEqual(plan, newest_plan())) return;
  Want(std::move(plan));
}

void Fault::Want(sunder::v1::Plan plan) {
  wanted_ = std::move(plan);
  abandoned_ = 0;
}

void Fault::WantNothing() {
  wanted_.reset();
  abandoned_ = 0;
}

void Fault::CannotFollow(const std::string& why) {
  if (phase_ >= Phase::kHealing) return;
  WantNothing();
  if (view_.state() == sunder::v1::FAULT_STATE_PARTIAL) return;
  view_.set_reason(absl::StrCat(
      "its members have moved and it could not follow them: ", why));
  changed_ = true;
}

const sunder::v1::Plan& Fault::newest_plan() const {
  if (wanted_) return *wanted_;
  return GoesOut() ? next_ : plan_;
}

bool Fault::IsInForce(const sunder::v1::Plan& plan) const {
  const auto holds = [&](const sunder::v1::HostPlan& host) {
    return std::any_of(parts_.begin(), parts_.end(), [&](const HostPart& part) {
      return part.generation() == view_.generation() &&
             part.host() == host.host() && part.digest == DigestOf(host);
    });
  };
  return plan.hosts_size() == plan_.hosts_size() &&
         std::all_of(plan.hosts().begin(), plan.hosts().end(), holds);
}

void Fault::StepChange(BootInstant now) {
  switch (change_) {
    case Change::kNone:
      return BeginChange(now);
    case Change::kStaging: {
      const absl::StatusOr<bool> staged = StageComing(now);
      if (!staged.ok()) return Abandon(staged.status().message(), now);
      if (*staged) ArmNext(now);
      return;
    }
    case Change::kArming: {
      const absl::StatusOr<bool> armed = KeepArmed(now);
      if (!armed.ok()) return Abandon(armed.status().message(), now);
      if (*armed) change_ = Change::kProving;
      return;
    }
    case Change::kRecording:
    case Change::kProving:
    case Change::kRetiring:
      return;
  }
}

bool Fault::MayTry(BootInstant now) {
  if (abandoned_ == 0) return true;
  if (now < retry_at_) {
    wake_.By(retry_at_);
    return false;
  }
  // Where an agent is away that it needs, that would be in vain; the link tells
  // when it is back.
  return std::all_of(wanted_->hosts().begin(), wanted_->hosts().end(),
                     [&](const sunder::v1::HostPlan& host) {
                       const AgentLink& link = core_.link_of(host.host());
                       return link.reachable() && link.settled() &&
                              link.clock().Ready(now);
                     });
}

void Fault::BeginChange(BootInstant now) {
  if (!wanted_) return;
  if (view_.state() == sunder::v1::FAULT_STATE_PARTIAL) {
    WantNothing();
    constexpr char kSaid[] = "; members moved, which it does not follow";
    if (!absl::StrContains(view_.reason(), kSaid)) {
      view_.mutable_reason()->append(kSaid);
      changed_ = true;
    }
    return;
  }
  if (view_.state() != sunder::v1::FAULT_STATE_IN_FORCE) return;
  if (!MayTry(now)) return;
  sunder::v1::Plan plan = *std::exchange(wanted_, std::nullopt);
  if (IsInForce(plan)) {
    if (!view_.reason().empty()) changed_ = true;
    view_.clear_reason();
    abandoned_ = 0;
    if (AreEqual(plan, plan_)) return;
    changed_ = true;  // The same flows, but of others.
    SetPlan(std::move(plan));
    return Save();
  }
  next_ = std::move(plan);
  AddGeneration(++newest_, next_);
  change_ = Change::kRecording;
  SetState(sunder::v1::FAULT_STATE_CHANGING);
  Save();
  recorded_at_ = saved_;
}

void Fault::ArmNext(BootInstant now) {
  // All are given the expiry that those in force have, so that a host that is
  // in both generations drops without a pause until then, whatever is lost.
  if (!AllAcknowledged()) return;
  const BootInstant start = now + Lead();
  if (start + core_.options.first_expiry > expiry_) return;
  if (absl::Status status = CheckClocks(now); !status.ok()) {
    return Abandon(status.message(), now);
  }
  t0_ = start;
  SendArms();
  change_ = Change::kArming;
  wake_.By(t0_);
}

void Fault::Converge(BootInstant now) {
  for (HostPart& part : parts_) {
    if (part.generation() == newest_ || part.gone) continue;
    part.Leave(now, core_.timeline);
  }
  view_.set_generation(newest_);
  SetPlan(std::move(next_));
  next_.Clear();
  abandoned_ = 0;
  view_.clear_reason();
  change_ = Change::kRetiring;
  changed_ = true;
  Save();
}

void Fault::Abandon(absl::string_view why, BootInstant now) {
  for (HostPart& part : parts_) {
    if (part.generation() == newest_) part.Leave(now, core_.timeline);
  }
  view_.set_reason(absl::StrCat("generation ", newest_,
                                " did not come in force, so generation ",
                                view_.generation(), " stays for now: ", why));
  // What comes after it is another plan, which need not wait.
  if (!wanted_) {
    wanted_ = std::move(next_);
    retry_at_ = now + std::min(core_.options.longest_change_retry,
                               core_.options.first_change_retry *
                                   (1 << std::min(abandoned_, 10)));
    ++abandoned_;
  }
  next_.Clear();
  change_ = Change::kRetiring;
  changed_ = true;
  Save();
}

void Fault::HealLeaving(BootInstant now) {
  bool over = true;
  for (HostPart& part : parts_) {
    if (part.standing == Standing::kLeaving) over = HealOn(part, now) && over;
  }
  if (over && change_ == Change::kRetiring) EndChange();
}

void Fault::EndChange() {
  for (int i = view_.hosts_size() - 1; i >= 0; --i) {
    const auto part = std::find_if(
        parts_.begin(), parts_.end(),
        [&](const HostPart& p) { return p.status == &view_.hosts(i); });
    if (!IsToBeForgotten(*part)) continue;
    parts_.erase(part);
    view_.mutable_hosts()->DeleteSubrange(i, 1);
  }
  change_ = Change::kNone;
  changed_ = true;
  if (view_.state() == sunder::v1::FAULT_STATE_CHANGING) {
    SetState(sunder::v1::FAULT_STATE_IN_FORCE);
  }
  Save();
}

// What it counted goes to another part of the same host.
bool Fault::IsToBeForgotten(const HostPart& part) {
  if (part.standing != Standing::kLeaving) return false;
  HostPart* heir = nullptr;
  for (HostPart& other : parts_) {
    if (&other == &part || other.host() != part.host()) continue;
    if (heir == nullptr || other.standing == Standing::kKept) heir = &other;
  }
  if (heir == nullptr) return !part.arm_sent;
  heir->Inherit(part);
  return true;
}

}  // namespace sunder::controller
