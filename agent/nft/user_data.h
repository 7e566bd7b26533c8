// What we write into the kernel beside our objects, to know them again: user
// data of tables, sets and rules. Entries of type, length, value, the form that
// nft uses, in numbers that it leaves alone; the first is the version. Pure.

#ifndef SUNDER_AGENT_NFT_USER_DATA_H_
#define SUNDER_AGENT_NFT_USER_DATA_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "agent/core/kernel.h"

namespace sunder::agent::nft {

// Of a fault's table: whose it is, and how much must be there to be whole.
struct TableTag {
  FaultKey key;
  uint32_t sets = 0;    // Named set0, set1, ...
  uint32_t cuts = 0;    // In kCutsChain, numbered from 0 in order.
  uint32_t spares = 0;  // In kDoomedChain likewise, and the drop behind them.
  friend bool operator==(const TableTag&, const TableTag&) = default;
};

// Of a rule: what it is, and its place among its like.
struct RuleTag {
  enum class Kind : uint8_t {
    kCut = 1,
    kSpare = 2,
    kDrop = 3,
    kTimedGate = 4,
    kOpenGate = 5,
  };
  Kind kind = Kind::kCut;
  uint32_t index = 0;
  uint64_t fingerprint = 0;  // RuleFingerprint of its expressions.
  friend bool operator==(const RuleTag&, const RuleTag&) = default;
};

// Of a set of a Program: what is in it. An interval is two elements.
struct SetTag {
  uint32_t count = 0;
  uint64_t fingerprint = 0;  // The sum of its ElementFingerprints.
  friend bool operator==(const SetTag&, const SetTag&) = default;
};

std::string Encode(const TableTag& tag);
std::string Encode(const RuleTag& tag);
std::string Encode(const SetTag& tag);

// INVALID_ARGUMENT where `bytes` are not ours, or of a version not known here.
absl::StatusOr<TableTag> DecodeTableTag(absl::string_view bytes);
absl::StatusOr<RuleTag> DecodeRuleTag(absl::string_view bytes);
absl::StatusOr<SetTag> DecodeSetTag(absl::string_view bytes);

}  // namespace sunder::agent::nft

#endif  // SUNDER_AGENT_NFT_USER_DATA_H_
