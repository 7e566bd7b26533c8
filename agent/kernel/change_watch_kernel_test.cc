// What others change is told, and what we change is not.

#include <poll.h>

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "agent/kernel/change_watch.h"
#include "agent/kernel/local_addresses.h"
#include "agent/kernel/netlink_socket.h"
#include "agent/kernel/test_fixture.h"
#include "agent/rules/program.h"
#include "gmock/gmock.h"

namespace sunder::agent {
namespace {

// The kernel tells of a change before whoever asked for it is answered: nothing
// here has to wait.
class ChangeWatchTest : public NftKernelTest {
 protected:
  ChangeWatchTest() {
    auto transport = *OpenNetlinkSocket();
    rules_ =
        std::make_unique<RulesetWatch>(*RulesetWatch::Open(transport->port()));
    addresses_ = std::make_unique<AddressWatch>(*AddressWatch::Open());
    kernel_ = std::make_unique<NftKernel>(std::move(transport), BootNow);
  }

  std::set<GateId> Changed() {
    const absl::StatusOr<RulesetChange> change = rules_->Take();
    EXPECT_TRUE(change.ok()) << change.status();
    if (!change.ok()) return {};
    EXPECT_FALSE(change->anything);
    return change->gates;
  }
  bool AddressesChanged() {
    const absl::StatusOr<bool> changed = addresses_->Take();
    EXPECT_TRUE(changed.ok()) << changed.status();
    return changed.value_or(false);
  }

  std::unique_ptr<RulesetWatch> rules_;
  std::unique_ptr<AddressWatch> addresses_;
};

TEST_F(ChangeWatchTest, NothingOfAFaultsOwnLifeIsTold) {
  const RequestPtr request = Request({Lab::kThere4, "10.78.0.0/16"});
  ASSERT_NO_FATAL_FAILURE(PutInForce(kGate, request));
  ASSERT_EQ(kernel_->Refresh(kGate, BootNow() + absl::Seconds(60)),
            absl::OkStatus());
  ASSERT_EQ(kernel_->Shut(kGate), absl::OkStatus());
  ASSERT_EQ(kernel_->Remove(kGate), absl::OkStatus());
  pollfd wakes{rules_->fd(), POLLIN, 0};
  EXPECT_EQ(poll(&wakes, 1, 0), 0) << "it would be woken for nothing";
  EXPECT_THAT(Changed(), testing::IsEmpty());
}

TEST_F(ChangeWatchTest, WhateverSomebodyDoesToATableOfOursIsTold) {
  const std::vector<std::string> meddlings = {
      "flush ruleset",
      "delete table inet TABLE",
      "flush chain inet TABLE cuts",
      "flush chain inet TABLE gate",
      "flush set inet TABLE set0",
      "flush set inet TABLE lease",
      "insert rule inet TABLE doomed accept",
      "add set inet TABLE more { type mark; }",
  };
  GateId gate = 1;
  for (const std::string& meddling : meddlings) {
    ASSERT_NO_FATAL_FAILURE(
        PutInForce(gate, Request({Lab::kThere4, "10.78.0.0/16"})));
    EXPECT_THAT(Changed(), testing::IsEmpty());
    lab_.Shell(absl::StrCat(
        "nft '", absl::StrReplaceAll(meddling, {{"TABLE", TableName(gate)}}),
        "'"));
    EXPECT_TRUE(Changed().contains(gate)) << meddling;
    ++gate;
  }
}

TEST_F(ChangeWatchTest, OthersTablesAreNotTold) {
  ASSERT_NO_FATAL_FAILURE(PutInForce(kGate, Request({Lab::kThere4})));
  lab_.Shell(
      "nft 'add table inet foreign; add set inet foreign s { type ipv4_addr; }"
      "; add element inet foreign s { 10.0.0.1, 10.0.0.2 }; delete table inet "
      "foreign'");
  lab_.Shell("iptables-nft -A INPUT -s 192.0.2.9 -j DROP");
  EXPECT_THAT(Changed(), testing::IsEmpty());
}

TEST_F(ChangeWatchTest, WhereSomethingWasLostAnythingMayHaveChanged) {
  // More than the socket has room for, and nobody takes it.
  lab_.Shell(R"(awk 'BEGIN {
    print "add table inet foreign"
    print "add set inet foreign s { type ipv4_addr; }"
    for (i = 0; i < 65536; ++i) {
      printf "add element inet foreign s { 10.0.%d.%d }\n", i / 256, i % 256
    }
    print "flush set inet foreign s"
  }' | nft -f - && nft delete table inet foreign)");
  bool anything = false, more = true;
  while (more && !anything) {
    const absl::StatusOr<RulesetChange> change = rules_->Take();
    ASSERT_TRUE(change.ok()) << change.status();
    anything = change->anything;
    pollfd waits{rules_->fd(), POLLIN, 0};
    more = poll(&waits, 1, 0) == 1;
  }
  EXPECT_TRUE(anything);
}

TEST_F(ChangeWatchTest, AddressesThatGoAreToldAndRenamingIsNothing) {
  lab_.Shell("ip link add one type veth peer name other && ip link set one up");
  AddressesChanged();
  lab_.Shell("ip address add 10.99.0.1/24 dev one");
  EXPECT_TRUE(AddressesChanged());
  const Address address = *Address::Parse("10.99.0.1");
  EXPECT_THAT(*LocalAddresses(), testing::Contains(address));
  lab_.Shell("ip link set one down && ip link set one name two");
  EXPECT_THAT(*LocalAddresses(), testing::Contains(address));
  AddressesChanged();
  lab_.Shell("ip link delete two");
  EXPECT_TRUE(AddressesChanged());
  EXPECT_THAT(*LocalAddresses(), testing::Not(testing::Contains(address)));
}

TEST_F(ChangeWatchTest, ADeviceThatIsMovedTakesItsAddressesAlong) {
  lab_.Shell("ip link add one type veth peer name other && ip link set one up");
  lab_.Shell("ip address add 10.99.0.1/24 dev one");
  AddressesChanged();
  lab_.Shell(
      "unshare --net sh -c 'echo $$; exec sleep 9' > moved.pid & "  // bounded
                                                                    // wait
      "while ! [ -s moved.pid ]; do :; done; "
      "ip link set one netns $(cat moved.pid) && kill $(cat moved.pid); "
      "rm moved.pid");
  EXPECT_TRUE(AddressesChanged());
  EXPECT_THAT(*LocalAddresses(),
              testing::Not(testing::Contains(*Address::Parse("10.99.0.1"))));
}

}  // namespace
}  // namespace sunder::agent
