// Netlink bytes from the kernel -> values. Pure. Nothing in the bytes is
// believed: every length is checked, and whatever does not add up is an error,
// never a guess or a read behind the end.

#ifndef SUNDER_AGENT_NFT_ANSWERS_H_
#define SUNDER_AGENT_NFT_ANSWERS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sunder::agent::nft {

// The outcome of the message with that sequence number. 0: done.
struct Outcome {
  int error = 0;     // errno
  std::string text;  // What the kernel says besides; often empty.
};

// The end of a dump.
struct DumpEnd {
  int error = 0;
};

struct TableInfo {
  uint8_t family = 0;
  std::string name, user_data;
};

struct ChainInfo {
  std::string table, name;
  bool is_base = false;
  uint32_t hook = 0;
  int32_t priority = 0;
};

struct SetInfo {
  std::string table, name, user_data;
};

struct RuleInfo {
  std::string table, chain, user_data;
  uint64_t fingerprint = 0;         // RuleFingerprint of its expressions.
  uint64_t packets = 0, bytes = 0;  // Of its counters together.
};

struct TimedElement {
  std::string key;
  uint64_t expiration_millis = 0;  // Left to live.
};

// Some of a set's elements: a large set comes in many of these.
struct ElementsInfo {
  std::string table, set;
  uint32_t count = 0;
  uint64_t fingerprint = 0;         // The sum of their ElementFingerprints.
  std::vector<TimedElement> timed;  // Those with a timeout.
};

// Every change of the ruleset of the network namespace adds one.
struct GenerationInfo {
  uint32_t id = 0;
};

using Object = std::variant<TableInfo, ChainInfo, SetInfo, RuleInfo,
                            ElementsInfo, GenerationInfo>;
using Objects = std::vector<Object>;

struct Answer {
  uint32_t sequence = 0;
  bool interrupted = false;  // The dump is not of one moment: ask again.
  std::variant<std::monostate, Outcome, DumpEnd, Objects> content;
};

// The answers in one datagram. A message of a kind that we never ask for has no
// content.
absl::StatusOr<std::vector<Answer>> ParseAnswers(absl::string_view datagram);

}  // namespace sunder::agent::nft

#endif  // SUNDER_AGENT_NFT_ANSWERS_H_
