// The kernel's notifications of changed rulesets -> which tables of ours they
// are about. Pure. There may be thousands a second about tables of others: of
// those no more is read than the name.

#ifndef SUNDER_AGENT_NFT_NOTICES_H_
#define SUNDER_AGENT_NFT_NOTICES_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "agent/core/kernel.h"

namespace sunder::agent::nft {

// Adds to `change` the gates that one datagram tells of. An error: it is not as
// the kernel writes it, and may be about anything.
absl::Status ReadNotices(absl::string_view datagram, RulesetChange& change);

}  // namespace sunder::agent::nft

#endif  // SUNDER_AGENT_NFT_NOTICES_H_
