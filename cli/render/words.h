// The words that people read for values: enums, times, sizes, fault ids.

#ifndef SUNDER_CLI_RENDER_WORDS_H_
#define SUNDER_CLI_RENDER_WORDS_H_

#include <string>

#include "absl/time/time.h"
#include "cli/render/style.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::cli {

std::string Word(v1::FaultState state);     // "in force"
std::string Word(v1::HostState state);      // "unknown"
std::string Word(v1::Protocol protocol);    // "tcp"; "" for every protocol
std::string Word(v1::NetworkMode network);  // "host"
Tone ToneOf(v1::FaultState state);
Tone ToneOf(v1::HostState state);

// "340us", "1.5ms", "59.9s", "5m", "1h30m".
std::string ShortDuration(absl::Duration duration);
std::string Clock(absl::Time time, const Style& style);  // "08:34:36.123"
std::string Day(absl::Time time, const Style& style);    // with date and zone
// "08:34:36.123 +/-340us"; "" for an instant that is not set.
std::string InstantText(bool is_set, const v1::Instant& instant,
                        const Style& style);

// Enough of an id to name it, as `git` does.
std::string ShortId(const std::string& id);

std::string Ports(const google::protobuf::RepeatedPtrField<v1::PortRange>&
                      ranges);  // "2551,7000-7100"

// "side 0"; "cut from nobody" for those whom no cut concerns.
std::string SideText(int side);

// "1 host", "3 hosts".
std::string Count(int64_t n, const std::string& noun);

}  // namespace sunder::cli

#endif  // SUNDER_CLI_RENDER_WORDS_H_
