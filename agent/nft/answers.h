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
  std::string table, name;
};

struct RuleInfo {
  std::string table, chain, user_data;
  uint64_t packets = 0, bytes = 0;  // Of its counters together.
};

struct ElementInfo {
  std::string table, set, key;
  bool has_timeout = false;
  uint64_t expiration_millis = 0;  // Left to live.
};

using Object =
    std::variant<TableInfo, ChainInfo, SetInfo, RuleInfo, ElementInfo>;
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
