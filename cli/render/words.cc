#include "cli/render/words.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "cli/core/life.h"

namespace sunder::cli {
namespace {

// The protos' names are the words: "FAULT_STATE_IN_FORCE" is "in force". A
// value from a newer controller has no name here.
std::string FromName(const std::string& name, absl::string_view prefix) {
  if (name.empty()) return "(newer than this program)";
  return absl::StrReplaceAll(
      absl::AsciiStrToLower(absl::StripPrefix(name, prefix)), {{"_", " "}});
}

}  // namespace

std::string Word(v1::FaultState state) {
  return FromName(v1::FaultState_Name(state), "FAULT_STATE_");
}

std::string Word(v1::HostState state) {
  return FromName(v1::HostState_Name(state), "HOST_STATE_");
}

std::string Word(v1::Protocol protocol) {
  if (protocol == v1::PROTOCOL_UNSPECIFIED) return "";
  return FromName(v1::Protocol_Name(protocol), "PROTOCOL_");
}

std::string Word(v1::NetworkMode network) {
  if (network == v1::NETWORK_MODE_UNSPECIFIED) return "";
  return FromName(v1::NetworkMode_Name(network), "NETWORK_MODE_");
}

Tone ToneOf(v1::FaultState state) {
  switch (state) {
    case v1::FAULT_STATE_IN_FORCE:
      return Tone::kStrong;
    case v1::FAULT_STATE_HEALED:
      return Tone::kGood;
    case v1::FAULT_STATE_FAILED:
    case v1::FAULT_STATE_EXPIRED:
    case v1::FAULT_STATE_PARTIAL:
      return Tone::kBad;
    default:
      return Tone::kWarn;
  }
}

Tone ToneOf(v1::HostState state) {
  switch (state) {
    case v1::HOST_STATE_IN_FORCE:
      return Tone::kStrong;
    case v1::HOST_STATE_HEALED:
      return Tone::kGood;
    case v1::HOST_STATE_UNKNOWN:
    case v1::HOST_STATE_EXPIRED:
      return Tone::kBad;
    default:
      return Tone::kWarn;
  }
}

std::string ShortDuration(absl::Duration duration) {
  if (duration < absl::ZeroDuration()) {
    return absl::StrCat("-", ShortDuration(-duration));
  }
  if (duration < absl::Milliseconds(1)) {
    return absl::StrFormat("%.0fus", absl::ToDoubleMicroseconds(duration));
  }
  if (duration < absl::Seconds(1)) {
    return absl::StrFormat("%.4gms", absl::ToDoubleMilliseconds(duration));
  }
  if (duration < absl::Minutes(1)) {
    return absl::StrFormat("%.4gs", absl::ToDoubleSeconds(duration));
  }
  return absl::FormatDuration(absl::Trunc(duration, absl::Seconds(1)));
}

std::string Clock(absl::Time time, const Style& style) {
  return absl::FormatTime("%H:%M:%E3S", time, style.zone);
}

std::string Day(absl::Time time, const Style& style) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%E3S %Ez", time, style.zone);
}

std::string InstantText(bool is_set, const v1::Instant& instant,
                        const Style& style) {
  if (!is_set) return "";
  std::string clock = Clock(TimeOf(instant), style);
  if (UncertaintyOf(instant) == absl::ZeroDuration()) return clock;
  return absl::StrCat(clock, " +/-", ShortDuration(UncertaintyOf(instant)));
}

std::string ShortId(const std::string& id) { return id.substr(0, 12); }

std::string Ports(
    const google::protobuf::RepeatedPtrField<v1::PortRange>& ranges) {
  return absl::StrJoin(ranges, ",",
                       [](std::string* out, const v1::PortRange& range) {
                         absl::StrAppend(out, range.first());
                         if (range.last() != range.first()) {
                           absl::StrAppend(out, "-", range.last());
                         }
                       });
}

std::string SideText(int side) {
  return side < 0 ? "cut from nobody" : absl::StrCat("side ", side);
}

std::string Count(int64_t n, const std::string& noun) {
  return absl::StrCat(n, " ", noun, n == 1 ? "" : "s");
}

}  // namespace sunder::cli
