#include "agent/core/admission.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/core/limits.h"
#include "common/error_detail.h"

namespace sunder::agent {
namespace {

constexpr size_t kLongestFaultId = 64;
constexpr size_t kLongestDigest = 64;

absl::Status BadField(absl::string_view field, absl::string_view message) {
  return ErrorWithDetail(absl::StatusCode::kInvalidArgument,
                         absl::StrCat(field, " ", message), "INVALID_FIELD",
                         field);
}

std::string Ago(absl::Duration d) { return absl::FormatDuration(d); }

}  // namespace

absl::Status Refusal(absl::string_view reason, absl::string_view subject,
                     absl::string_view message, absl::string_view advice) {
  return ErrorWithDetail(absl::StatusCode::kFailedPrecondition, message, reason,
                         subject, advice);
}

BootInstant AsInstant(int64_t nanos) {
  constexpr int64_t kLatest = std::numeric_limits<int64_t>::max() / 2;
  return BootInstant::FromNanos(std::clamp<int64_t>(nanos, 0, kLatest));
}

absl::Status CheckFaultId(const std::string& id) {
  const bool plain = std::all_of(id.begin(), id.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_';
  });
  if (!id.empty() && id.size() <= kLongestFaultId && plain) {
    return absl::OkStatus();
  }
  return BadField("fault_id", absl::StrCat("must be 1 to ", kLongestFaultId,
                                           " letters, digits, '-' or '_'"));
}

absl::Status CheckGeneration(uint64_t generation) {
  if (generation >= 1) return absl::OkStatus();
  return BadField("generation", "must be at least 1");
}

absl::Status CheckNotAfter(const v1::Caller& caller, BootInstant now) {
  const auto not_after = AsInstant(caller.not_after_ns());
  if (not_after < now) {
    return Refusal("TOO_LATE", "caller.not_after_ns",
                   absl::StrCat("the request came ", Ago(now - not_after),
                                " after its not-after"),
                   "Make the request anew.");
  }
  if (not_after - now > kLongestNotAfter) {
    return BadField("caller.not_after_ns",
                    absl::StrCat("is more than ", Ago(kLongestNotAfter),
                                 " ahead of this agent's CLOCK_BOOTTIME"));
  }
  return absl::OkStatus();
}

absl::Status CheckStage(const v1::StageRequest& request) {
  if (absl::Status s = CheckFaultId(request.fault_id()); !s.ok()) return s;
  if (absl::Status s = CheckGeneration(request.generation()); !s.ok()) return s;
  if (request.digest().empty() || request.digest().size() > kLongestDigest) {
    return BadField("digest",
                    absl::StrCat("must be 1 to ", kLongestDigest, " bytes"));
  }
  const auto time_to_live = absl::Nanoseconds(request.time_to_live_ns());
  if (time_to_live < absl::ZeroDuration() ||
      time_to_live > kLongestTimeToLive) {
    return BadField("time_to_live_ns",
                    absl::StrCat("must be 0 to ", Ago(kLongestTimeToLive)));
  }
  if (request.flows().empty()) {
    return BadField("flows", "is empty: there is nothing to do on this host");
  }
  return absl::OkStatus();
}

absl::Status CheckArm(const v1::ArmRequest& request, BootInstant now) {
  const auto start = AsInstant(request.start_ns());
  if (start <= now) {
    return Refusal("START_PASSED", "start_ns",
                   absl::StrCat("the start instant passed ", Ago(now - start),
                                " ago; nothing was armed"),
                   "Heal the fault and declare it again.");
  }
  if (request.expiry_ns() <= request.start_ns()) {
    return BadField("expiry_ns", "must be later than start_ns");
  }
  if (request.end_ns() <= request.start_ns()) {
    return BadField("end_ns", "must be later than start_ns");
  }
  if (AsInstant(request.expiry_ns()) - now > kLongestLease) {
    return Refusal("EXPIRY_TOO_FAR", "expiry_ns",
                   absl::StrCat("the first expiry is more than ",
                                Ago(kLongestLease), " ahead"));
  }
  return absl::OkStatus();
}

absl::Status CheckKeepAlive(const v1::KeepAliveRequest& request,
                            BootInstant end, BootInstant now) {
  const auto asked = AsInstant(request.expiry_ns());
  const BootInstant expiry = std::min(asked, end);
  if (expiry <= now) {
    return Refusal("EXPIRY_PASSED", "expiry_ns",
                   absl::StrCat("the expiry asked for passed ",
                                Ago(now - expiry), " ago"));
  }
  if (asked - now > kLongestLease) {
    return Refusal("EXPIRY_TOO_FAR", "expiry_ns",
                   absl::StrCat("the expiry asked for is more than ",
                                Ago(kLongestLease), " ahead"));
  }
  return absl::OkStatus();
}

absl::Status TombstoneRefusal(const v1::Held& held) {
  absl::Status status =
      Refusal(held.state() == v1::STATE_EXPIRED ? "EXPIRED" : "TOMBSTONE",
              held.fault_id(),
              absl::StrCat("fault ", held.fault_id(), " is ",
                           StateName(held.state()), " at this host",
                           held.reason().empty() ? "" : ": ", held.reason()),
              "It never comes back; declare a new fault.");
  AttachTo(status, held);
  return status;
}

std::string StateName(v1::State state) {
  switch (state) {
    case v1::STATE_STAGED:
      return "STAGED";
    case v1::STATE_ARMED:
      return "ARMED";
    case v1::STATE_IN_FORCE:
      return "IN_FORCE";
    case v1::STATE_HEALED:
      return "HEALED";
    case v1::STATE_DRIFTED:
      return "drifted";
    case v1::STATE_EXPIRED:
      return "EXPIRED";
    default:
      return "not yet staged";
  }
}

void AttachTo(absl::Status& status, const google::protobuf::Message& detail) {
  status.SetPayload(absl::StrCat("type.googleapis.com/", detail.GetTypeName()),
                    absl::Cord(detail.SerializeAsString()));
}

}  // namespace sunder::agent
