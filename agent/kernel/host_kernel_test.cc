// What is found out about the host and taken from it: features, addresses,
// tables of ours.

#include <string>
#include <vector>

#include "agent/kernel/local_addresses.h"
#include "agent/kernel/netlink_socket.h"
#include "agent/kernel/probes.h"
#include "agent/kernel/sweep.h"
#include "agent/kernel/test_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

TEST_F(NftKernelTest, TheSweepTakesAllThatIsOursByNameAndNothingElse) {
  lab_.Shell(
      "nft 'add table inet sunder_x; add table ip sunder;"
      " add table netdev sunder_dev; add table inet sunderland;"
      " add table inet other'");
  ASSERT_NO_FATAL_FAILURE(PutInForce(kGate, Request({Lab::kThere4})));
  auto transport = *OpenNetlinkSocket();
  const auto deleted = SweepAll(*transport);
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  EXPECT_THAT(*deleted, UnorderedElementsAre("inet sunder_x", "ip sunder",
                                             "netdev sunder_dev",
                                             "inet sunder_00002a51"));
  EXPECT_EQ(lab_.Shell("nft list tables"),
            "table inet sunderland\ntable inet other\n");
  EXPECT_TRUE(lab_.Arrives({}));
  EXPECT_THAT(*SweepAll(*transport), ElementsAre());
}

TEST_F(NftKernelTest, AddressesOnLoopbackInterfacesAndLinkLocalOnesAreLocal) {
  lab_.Shell(
      "ip addr add 10.99.0.1/32 dev lo; ip addr add fd99::1/128 dev lo nodad;"
      " ip addr add fe80::77/64 dev here0 nodad");
  const auto addresses = LocalAddresses();
  ASSERT_TRUE(addresses.ok()) << addresses.status();
  std::vector<std::string> texts;
  for (const Address& a : *addresses) texts.push_back(a.ToString());
  EXPECT_THAT(texts, IsSupersetOf({"10.77.0.1", "10.99.0.1", "fd77::1",
                                   "fd99::1", "fe80::77"}));
  EXPECT_THAT(texts, Not(Contains(AnyOf("127.0.0.1", "::1"))));
}

TEST_F(NftKernelTest, EveryFeatureThatWeNeedIsFoundHereAndNothingIsLeft) {
  auto transport = *OpenNetlinkSocket();
  for (const v1::Feature& feature : ProbeFeatures(*transport)) {
    EXPECT_TRUE(feature.present()) << feature.name() << feature.detail();
  }
  EXPECT_EQ(lab_.Shell("nft list ruleset"), "");
}

TEST_F(NftKernelTest, AProbeThatWasKilledDoesNotSpoilTheNextOnes) {
  lab_.Shell(
      "nft 'add table inet sunder_probe; add chain inet sunder_probe x'");
  auto transport = *OpenNetlinkSocket();
  for (const v1::Feature& feature : ProbeFeatures(*transport)) {
    EXPECT_TRUE(feature.present()) << feature.name() << feature.detail();
  }
  EXPECT_EQ(lab_.Shell("nft list ruleset"), "");
}

}  // namespace
}  // namespace sunder::agent
