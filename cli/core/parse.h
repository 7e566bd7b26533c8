// Values as a person types them. Pure; every error is INVALID_ARGUMENT and says
// what was typed and what would have been understood.

#ifndef SUNDER_CLI_CORE_PARSE_H_
#define SUNDER_CLI_CORE_PARSE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::cli {

// "30s", "1h30m", "250ms": finite and more than nothing.
absl::StatusOr<absl::Duration> ParseDuration(const std::string& text);

// "2551,7000-7100". Empty text: no ports.
absl::StatusOr<std::vector<v1::PortRange>> ParsePorts(const std::string& text);

// "tcp", "udp", "sctp", "icmp"; empty text: every protocol.
absl::StatusOr<v1::Protocol> ParseProtocol(const std::string& text);

// "n1,n2|n3": selectors separated by bars, none of them empty.
absl::StatusOr<std::vector<std::string>> ParseGroups(const std::string& text);

}  // namespace sunder::cli

#endif  // SUNDER_CLI_CORE_PARSE_H_
