#include "controller/core/host_part.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/error_detail.h"
#include "controller/core/backoff.h"

namespace sunder::controller {
namespace {

// Whether the same request may be granted a moment later.
bool IsTransient(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kDataLoss:
      return true;
    default:
      break;
  }
  const auto detail = GetErrorDetail(status);
  return detail && (detail->reason() == "WRONG_INCARNATION" ||
                    detail->reason() == "TOO_LATE");
}

}  // namespace

bool HostPart::MayRetry(BootInstant now, absl::Duration longest) const {
  return pending == 0 && (failures == 0 || now >= RetryAt(longest));
}

BootInstant HostPart::RetryAt(absl::Duration longest) const {
  return failed_at + Backoff(failures, longest);
}

void HostPart::NewRequest() {
  pending = 0;  // An answer to the earlier one no longer matters.
  failures = 0;
  refusal = absl::OkStatus();
}

void HostPart::CallFailed(const absl::Status& why, BootInstant now) {
  ++failures;
  failed_at = now;
  status->set_error(why.ToString(absl::StatusToStringMode::kWithNoExtraData));
  if (!IsTransient(why)) refusal = why;
}

void HostPart::SetGone(sunder::v1::HostState state, AgentInstant at,
                       const Timeline& timeline) {
  const BootInstant local = link->clock().ToLocal(at);
  gone = true;
  status->set_state(state);
  status->clear_unknown_until();
  *status->mutable_healed() =
      timeline.At(local, link->clock().Uncertainty(local));
}

void HostPart::SetGoneByTime(const Timeline& timeline) {
  gone = true;
  status->clear_unknown_until();
  if (!arm_sent) {
    status->set_state(sunder::v1::HOST_STATE_PENDING);
    return;
  }
  status->set_state(sunder::v1::HOST_STATE_EXPIRED);
  *status->mutable_healed() = timeline.At(bound);
}

void HostPart::SetUnknown(const Timeline& timeline) {
  if (gone || !arm_sent) return;
  status->set_state(sunder::v1::HOST_STATE_UNKNOWN);
  *status->mutable_unknown_until() = timeline.At(bound);
}

void HostPart::Leave(BootInstant now, const Timeline& timeline) {
  standing = Standing::kLeaving;
  plan = nullptr;
  heal_from = now;
  NewRequest();
  SetUnknown(timeline);
}

void HostPart::Inherit(const HostPart& earlier) {
  const uint64_t packets = earlier.status->dropped_packets();
  const uint64_t bytes = earlier.status->dropped_bytes();
  packets_before += packets;
  bytes_before += bytes;
  status->set_dropped_packets(status->dropped_packets() + packets);
  status->set_dropped_bytes(status->dropped_bytes() + bytes);
}

void HostPart::Hear(const agent::v1::Held* held, const agent::v1::Stamp& stamp,
                    const Timeline& timeline) {
  const auto said = AgentInstant::FromNanos(stamp.now_ns());
  if (gone || said < heard || !link->clock().known()) return;
  const bool is_later = said > heard;
  heard = said;
  described = true;
  if (held == nullptr) {
    // Of two words of one instant nobody knows which was first: this one may be
    // of before it was staged.
    if (is_later && (staged || armed)) {
      SetGone(sunder::v1::HOST_STATE_EXPIRED, said, timeline);
      status->set_error("the agent no longer holds it");
    }
    return;
  }
  status->set_dropped_packets(std::max(
      status->dropped_packets(), packets_before + held->dropped_packets()));
  status->set_dropped_bytes(
      std::max(status->dropped_bytes(), bytes_before + held->dropped_bytes()));
  switch (held->state()) {
    case agent::v1::STATE_HEALED:
    case agent::v1::STATE_EXPIRED: {
      const bool healed = held->state() == agent::v1::STATE_HEALED;
      const int64_t at = held->gone_ns();
      SetGone(healed ? sunder::v1::HOST_STATE_HEALED
                     : sunder::v1::HOST_STATE_EXPIRED,
              at != 0 ? AgentInstant::FromNanos(at) : said, timeline);
      status->set_error(held->reason());
      return;
    }
    case agent::v1::STATE_STAGED:
      // What was shut and could not be removed yet.
      if (is_later && armed) return Refuse("it no longer has it armed");
      [[fallthrough]];
    case agent::v1::STATE_ARMED:
    case agent::v1::STATE_IN_FORCE:
      HearLiving(*held, stamp, timeline);
      return;
    case agent::v1::STATE_DRIFTED:
      HearDrifted(*held);
      return;
    default:
      Refuse(absl::StrCat("the agent says a state that is not known here: ",
                          static_cast<int>(held->state())));
  }
}

void HostPart::HearDrifted(const agent::v1::Held& held) {
  in_force = false;
  drifted = true;
  status->set_error(held.reason());
}

void HostPart::Refuse(const std::string& why) {
  refusal = absl::FailedPreconditionError(why);
  status->set_error(why);
}

void HostPart::HearLiving(const agent::v1::Held& held,
                          const agent::v1::Stamp& stamp,
                          const Timeline& timeline) {
  if (held.generation() != status->generation() || held.digest() != digest) {
    Refuse(absl::StrCat("the agent holds another version, generation ",
                        held.generation()));
    return;
  }
  const ClockEstimate& clock = link->clock();
  status->clear_error();
  if (!staged) {
    staged = true;
    const BootInstant at =
        clock.ToLocal(AgentInstant::FromNanos(stamp.now_ns()));
    if (!status->has_staged()) {  // An earlier life may have heard it.
      *status->mutable_staged() = timeline.At(at, clock.Uncertainty(at));
    }
    if (!arm_sent) status->set_state(sunder::v1::HOST_STATE_STAGED);
  }
  if (held.state() != agent::v1::STATE_ARMED &&
      held.state() != agent::v1::STATE_IN_FORCE) {
    return;
  }
  start = AgentInstant::FromNanos(held.start_ns());
  expiry = AgentInstant::FromNanos(held.expiry_ns());
  end = AgentInstant::FromNanos(held.end_ns());
  const BootInstant until = clock.ToLocal(expiry);
  const absl::Duration error = clock.Uncertainty(until);
  armed = true;
  acked = std::max({acked, arm_number, held.keep_alive()});
  // A later keep-alive may end earlier, where the clock has become known
  // better.
  floor = until - error;
  bound = std::max(bound, link->OverBy(until));
  const bool shown = status->state() != sunder::v1::HOST_STATE_UNKNOWN;
  if (held.state() == agent::v1::STATE_IN_FORCE && held.in_force_ns() != 0) {
    if (!status->has_in_force()) {
      const BootInstant at =
          clock.ToLocal(AgentInstant::FromNanos(held.in_force_ns()));
      *status->mutable_in_force() = timeline.At(at, clock.Uncertainty(at));
    }
    in_force = true;
    if (shown) status->set_state(sunder::v1::HOST_STATE_IN_FORCE);
  } else if (shown && !in_force) {
    status->set_state(sunder::v1::HOST_STATE_ARMED);
  }
}

}  // namespace sunder::controller
