#include "agent/nft/notices.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "agent/nft/linux_nftables.h"
#include "agent/rules/program.h"

namespace sunder::agent::nft {
namespace {

// The table that a message is about: in every kind of them it is the first
// attribute. Empty: it is about none.
absl::string_view TableOf(absl::string_view attributes) {
  nlattr header{};
  if (attributes.size() < sizeof header) return {};
  std::memcpy(&header, attributes.data(), sizeof header);
  if ((header.nla_type & NLA_TYPE_MASK) != NFTA_TABLE_NAME ||
      header.nla_len <= sizeof header || header.nla_len > attributes.size()) {
    return {};
  }
  // Without the terminating zero.
  return attributes.substr(sizeof header, header.nla_len - sizeof header - 1);
}

bool IsOfRuleset(const nlmsghdr& header) {
  return header.nlmsg_type >> 8 == NFNL_SUBSYS_NFTABLES &&
         (header.nlmsg_type & 0xff) != NFT_MSG_NEWGEN;
}

}  // namespace

absl::Status ReadNotices(absl::string_view datagram, RulesetChange& change) {
  while (!datagram.empty()) {
    nlmsghdr header{};
    nfgenmsg family{};
    constexpr size_t kHeaders = sizeof header + sizeof family;
    if (datagram.size() < kHeaders) {
      return absl::InvalidArgumentError("a notification is cut off");
    }
    std::memcpy(&header, datagram.data(), sizeof header);
    std::memcpy(&family, datagram.data() + sizeof header, sizeof family);
    if (header.nlmsg_len < kHeaders || header.nlmsg_len > datagram.size()) {
      return absl::InvalidArgumentError("a notification's length is wrong");
    }
    if (IsOfRuleset(header) && family.nfgen_family == NFPROTO_INET) {
      const std::optional<GateId> gate = GateOfTable(
          TableOf(datagram.substr(kHeaders, header.nlmsg_len - kHeaders)));
      if (gate) change.gates.insert(*gate);
    }
    datagram.remove_prefix(std::min(
        datagram.size(), static_cast<size_t>(NLMSG_ALIGN(header.nlmsg_len))));
  }
  return absl::OkStatus();
}

}  // namespace sunder::agent::nft
