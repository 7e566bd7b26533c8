// Numbers that stand for what a set or a rule holds, to compare what was sent
// with what the kernel says it has. The same on every build, since an agent may
// be replaced while its faults are in force. They find accidents and meddling;
// they are not meant to withstand somebody who forges them. Pure.

#ifndef SUNDER_AGENT_NFT_FINGERPRINT_H_
#define SUNDER_AGENT_NFT_FINGERPRINT_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sunder::agent::nft {

uint64_t Fingerprint(absl::string_view bytes);

// Of a set's elements together: the sum of theirs, since the kernel lists them
// in an order of its own.
uint64_t ElementFingerprint(absl::string_view key, bool ends_interval);

// Of NFTA_RULE_EXPRESSIONS, as sent or as dumped. The kernel adds attributes
// that are zero, leaves out the mark of a nest, and has counters count: none of
// that makes a difference.
absl::StatusOr<uint64_t> RuleFingerprint(absl::string_view expressions);

}  // namespace sunder::agent::nft

#endif  // SUNDER_AGENT_NFT_FINGERPRINT_H_
