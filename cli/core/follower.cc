#include "cli/core/follower.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/core/life.h"

namespace sunder::cli {

Follower::Follower(const Options& options, const v1::Fault& fault,
                   BootInstant now)
    : options_(options), fault_(fault), deadline_(now + options.wait) {}

void Follower::Updated(const v1::Fault& fault, BootInstant now) {
  if (outcome_) return;
  fault_ = fault;
  lost_since_.reset();
  switch (phase_) {
    case Phase::kAwaiting:
      UpdatedWhileAwaiting(now);
      break;
    case Phase::kHolding:
      if (!IsFinal(fault_.state())) break;
      if (EndedEarly(fault_)) {
        End(ExitCode::kFailed,
            absl::StrCat("it went before its time was over: ",
                         fault_.reason().empty() ? "no reason was given"
                                                 : fault_.reason()));
      } else {
        End(ExitCode::kDone, "");
      }
      break;
    case Phase::kHealing:
      if (IsFinal(fault_.state())) End(code_when_gone_, why_healing_);
      break;
  }
}

void Follower::UpdatedWhileAwaiting(BootInstant now) {
  if (IsFinal(fault_.state())) {
    End(ExitCode::kFailed, !fault_.reason().empty() ? fault_.reason()
                           : fault_.has_in_force()
                               ? "it was in force, and is gone already"
                               : NotYet());
  } else if (IsInForce(fault_.state()) ||
             fault_.state() == v1::FAULT_STATE_PARTIAL) {
    if (options_.hold) {
      phase_ = Phase::kHolding;
      deadline_ = now + DurationOf(fault_.spec()) + options_.heal_wait;
    } else if (IsInForce(fault_.state())) {
      End(ExitCode::kDone, "");
    } else {
      End(ExitCode::kMayBeInForce, "it is in force on some hosts only");
    }
  } else {
    Tick(now);
  }
}

void Follower::StreamLost(BootInstant now) {
  if (!lost_since_) lost_since_ = now;
}

void Follower::StreamRefused(const absl::Status& status) {
  if (outcome_) return;
  End(ExitCode::kMayBeInForce,
      absl::StrCat("the controller says nothing about it any more: ",
                   std::string(status.message())));
}

void Follower::Interrupted(BootInstant now) {
  if (outcome_) return;
  switch (phase_) {
    case Phase::kAwaiting:
      BeginHeal(now, ExitCode::kFailed, "interrupted");
      break;
    case Phase::kHolding:
      BeginHeal(now, ExitCode::kDone, "");
      break;
    case Phase::kHealing:
      End(ExitCode::kMayBeInForce, "interrupted while it was being healed");
      break;
  }
}

void Follower::Tick(BootInstant now) {
  if (outcome_) return;
  switch (phase_) {
    case Phase::kAwaiting:
      if (now < deadline_) break;
      if (options_.heal_on_timeout) {
        BeginHeal(now, ExitCode::kTimedOut, NotYet());
      } else {
        End(ExitCode::kMayBeInForce, NotYet());
      }
      break;
    case Phase::kHolding:
      if (lost_since_ && now - *lost_since_ >= options_.patience) {
        End(ExitCode::kMayBeInForce,
            "the controller has not been heard while it was held");
      } else if (now >= deadline_) {
        // No lease outlives the fault's end, so this much is certain.
        End(ExitCode::kFailed,
            "its time is over, and the controller has not said so");
      }
      break;
    case Phase::kHealing:
      if (now < deadline_) break;
      End(ExitCode::kMayBeInForce,
          absl::StrCat(why_healing_, why_healing_.empty() ? "" : "; ",
                       heal_accepted_
                           ? "it is being healed, and not gone everywhere yet"
                           : "the controller did not take the order to heal"));
      break;
  }
}

void Follower::BeginHeal(BootInstant now, ExitCode code_when_gone,
                         std::string why) {
  phase_ = Phase::kHealing;
  deadline_ = now + options_.heal_wait;
  code_when_gone_ = code_when_gone;
  why_healing_ = std::move(why);
}

void Follower::End(ExitCode code, std::string why) {
  outcome_ = Outcome{code, std::move(why)};
}

std::string Follower::NotYet() const {
  std::vector<std::string> late;
  for (const v1::HostStatus& host : fault_.hosts()) {
    if (host.state() == v1::HOST_STATE_IN_FORCE) continue;
    late.push_back(host.error().empty()
                       ? host.host()
                       : absl::StrCat(host.host(), " (", host.error(), ")"));
  }
  return absl::StrCat(
      "it was not in force everywhere within ",
      absl::FormatDuration(options_.wait),
      late.empty() ? "" : absl::StrCat(": not on ", absl::StrJoin(late, ", ")));
}

}  // namespace sunder::cli
