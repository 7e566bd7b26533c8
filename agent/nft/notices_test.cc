#include "agent/nft/notices.h"

#include <cstring>
#include <string>

#include "agent/nft/linux_nftables.h"
#include "gtest/gtest.h"

namespace sunder::agent::nft {
namespace {

std::string Notice(int kind, const std::string& table,
                   uint8_t family = NFPROTO_INET) {
  nlattr attribute{};
  attribute.nla_type = NFTA_TABLE_NAME;
  attribute.nla_len =
      static_cast<uint16_t>(sizeof attribute + table.size() + 1);
  std::string body(reinterpret_cast<const char*>(&attribute), sizeof attribute);
  body += table;
  body += '\0';
  nlmsghdr header{};
  nfgenmsg generic{};
  generic.nfgen_family = family;
  header.nlmsg_type = static_cast<uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | kind);
  header.nlmsg_len =
      static_cast<uint32_t>(sizeof header + sizeof generic + body.size());
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
  bytes += std::string(reinterpret_cast<const char*>(&generic), sizeof generic);
  bytes += body;
  bytes.resize(NLMSG_ALIGN(bytes.size()));
  return bytes;
}

std::set<GateId> GatesIn(const std::string& datagram) {
  RulesetChange change;
  EXPECT_EQ(ReadNotices(datagram, change), absl::OkStatus());
  return change.gates;
}

TEST(NoticesTest, EveryMessageAboutATableOfOursCounts) {
  EXPECT_EQ(GatesIn(Notice(NFT_MSG_DELTABLE, "sunder_00000007") +
                    Notice(NFT_MSG_NEWRULE, "foreign") +
                    Notice(NFT_MSG_NEWSETELEM, "sunder_0000002a")),
            (std::set<GateId>{7, 42}));
}

TEST(NoticesTest, WhatIsOthersIsPassedOver) {
  EXPECT_EQ(GatesIn(Notice(NFT_MSG_NEWSETELEM, "foreign") +
                    Notice(NFT_MSG_NEWTABLE, "sunder_0000002a", NFPROTO_IPV4) +
                    Notice(NFT_MSG_NEWGEN, "sunder_0000002a")),
            std::set<GateId>());
}

TEST(NoticesTest, BytesThatDoNotAddUpAreAnErrorAtEveryLength) {
  const std::string whole = Notice(NFT_MSG_DELTABLE, "sunder_00000007");
  RulesetChange change;
  for (size_t n = 1; n < whole.size(); ++n) {
    EXPECT_FALSE(ReadNotices(whole.substr(0, n), change).ok()) << n;
  }
  std::string lies = whole;
  lies[sizeof(nlmsghdr) + sizeof(nfgenmsg)] =
      '\xff';  // The attribute's length.
  EXPECT_EQ(ReadNotices(lies, change), absl::OkStatus());
  EXPECT_TRUE(change.gates.empty());
}

}  // namespace
}  // namespace sunder::agent::nft
