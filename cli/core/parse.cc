#include "cli/core/parse.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace sunder::cli {
namespace {

absl::Status NotUnderstood(absl::string_view what, const std::string& text,
                           absl::string_view wanted) {
  return absl::InvalidArgumentError(
      absl::StrCat(what, " '", text, "' is not ", wanted));
}

bool ParsePort(absl::string_view text, uint32_t* port) {
  // SimpleAtoi also takes signs and spaces, which are typing errors here.
  if (text.empty() || !absl::ascii_isdigit(text.front()) ||
      !absl::ascii_isdigit(text.back())) {
    return false;
  }
  return absl::SimpleAtoi(text, port) && *port >= 1 && *port <= 65535;
}

}  // namespace

absl::StatusOr<absl::Duration> ParseDuration(const std::string& text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration) ||
      duration == absl::InfiniteDuration() ||
      duration <= absl::ZeroDuration()) {
    return NotUnderstood("duration", text,
                         "a time above zero with its unit, like 30s, 5m, "
                         "1h30m or 250ms");
  }
  return duration;
}

absl::StatusOr<std::vector<v1::PortRange>> ParsePorts(const std::string& text) {
  std::vector<v1::PortRange> ranges;
  if (text.empty()) return ranges;
  for (absl::string_view part : absl::StrSplit(text, ',')) {
    const std::pair<absl::string_view, absl::string_view> ends =
        absl::StrSplit(part, absl::MaxSplits('-', 1));
    const bool is_range = part.find('-') != absl::string_view::npos;
    uint32_t first = 0;
    uint32_t last = 0;
    if (!ParsePort(ends.first, &first) ||
        !ParsePort(is_range ? ends.second : ends.first, &last) ||
        last < first) {
      return NotUnderstood("port", std::string(part),
                           "a port from 1 to 65535 or a rising range of them, "
                           "like 2551 or 7000-7100");
    }
    v1::PortRange& range = ranges.emplace_back();
    range.set_first(first);
    range.set_last(last);
  }
  return ranges;
}

absl::StatusOr<v1::Protocol> ParseProtocol(const std::string& text) {
  if (text.empty()) return v1::PROTOCOL_UNSPECIFIED;
  if (text == "tcp") return v1::PROTOCOL_TCP;
  if (text == "udp") return v1::PROTOCOL_UDP;
  if (text == "sctp") return v1::PROTOCOL_SCTP;
  if (text == "icmp") return v1::PROTOCOL_ICMP;
  return NotUnderstood("protocol", text, "tcp, udp, sctp or icmp");
}

absl::StatusOr<std::vector<std::string>> ParseGroups(const std::string& text) {
  std::vector<std::string> groups;
  for (absl::string_view part : absl::StrSplit(text, '|')) {
    part = absl::StripAsciiWhitespace(part);
    if (part.empty()) {
      return NotUnderstood("groups", text,
                           "selectors separated by bars, none of them empty, "
                           "like 'n1,n2|n3,n4,n5'");
    }
    groups.emplace_back(part);
  }
  return groups;
}

}  // namespace sunder::cli
