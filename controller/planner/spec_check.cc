#include "controller/planner/spec_check.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/error_detail.h"
#include "controller/planner/shown.h"

namespace sunder::controller {
namespace {

constexpr size_t kLongestText = 200;
constexpr int kMostPortRanges = 1024;
constexpr int64_t kShortestSeconds = 1;
constexpr int64_t kLongestSeconds = 86'400;
constexpr int32_t kNanosPerSecond = 1'000'000'000;

absl::Status Bad(absl::string_view field, absl::string_view problem,
                 absl::string_view advice) {
  return ErrorWithDetail(absl::StatusCode::kInvalidArgument,
                         absl::StrCat(field, ": ", problem), "BAD_FIELD", field,
                         advice);
}

absl::Status Unknown(absl::string_view field, absl::string_view advice) {
  return ErrorWithDetail(
      absl::StatusCode::kInvalidArgument,
      absl::StrCat(field, ": missing, or not known to this controller"),
      "UNKNOWN_ENUM", field, advice);
}

absl::Status CheckDuration(const v1::FaultSpec& spec) {
  if (!spec.has_duration()) {
    return Bad("duration", "missing", "Say for how long, 1 s to 24 h");
  }
  const auto& duration = spec.duration();
  const int32_t nanos = duration.nanos();
  const bool well_formed = nanos >= 0 && nanos < kNanosPerSecond;
  const bool within = duration.seconds() >= kShortestSeconds &&
                      (duration.seconds() < kLongestSeconds ||
                       (duration.seconds() == kLongestSeconds && nanos == 0));
  if (well_formed && within) return absl::OkStatus();
  return Bad(
      "duration",
      absl::StrCat(duration.seconds(), " s and ", nanos, " ns is out of range"),
      "Use 1 s to 24 h");
}

absl::Status CheckFilter(const v1::Filter& filter) {
  if (!v1::Protocol_IsValid(filter.protocol())) {
    return Unknown("filter.protocol", "Use tcp, udp, sctp or icmp, or none");
  }
  if (filter.ports_size() > kMostPortRanges) {
    return Bad("filter.ports", absl::StrCat(filter.ports_size(), " ranges"),
               absl::StrCat("Use at most ", kMostPortRanges));
  }
  if (!filter.ports().empty() && filter.protocol() == v1::PROTOCOL_ICMP) {
    return Bad("filter.ports", "ICMP has no ports",
               "Leave the ports out, or choose tcp, udp or sctp");
  }
  for (const v1::PortRange& range : filter.ports()) {
    if (range.first() < 1 || range.last() > 65535 ||
        range.first() > range.last()) {
      return Bad("filter.ports",
                 absl::StrCat(range.first(), "-", range.last(),
                              " is no range of ports"),
                 "Use ports from 1 to 65535, the smaller one first");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckShortText(absl::string_view field, absl::string_view text) {
  if (text.size() > kLongestText) {
    return Bad(field, absl::StrCat(text.size(), " bytes long"),
               absl::StrCat("Use at most ", kLongestText, " bytes"));
  }
  // They are printed on terminals.
  if (!IsPlainText(text)) {
    return Bad(field, "not plain text", "Use UTF-8 without control characters");
  }
  return absl::OkStatus();
}

absl::Status CheckSpec(const v1::FaultSpec& spec) {
  absl::Status status = CheckShortText("name", spec.name());
  if (status.ok()) status = CheckShortText("owner", spec.owner());
  if (status.ok()) status = CheckDuration(spec);
  if (status.ok()) status = CheckFilter(spec.filter());
  if (!status.ok()) return status;
  if (!spec.behaviour().has_drop()) {
    return Unknown("behaviour", "Use drop, or a newer controller");
  }
  if (!v1::PartialPolicy_IsValid(spec.on_partial())) {
    return Unknown("on_partial", "Use heal or continue");
  }
  if (spec.seed() == 0) {
    return Bad("seed", "not drawn", "Give a seed other than 0");
  }
  return absl::OkStatus();
}

}  // namespace sunder::controller
