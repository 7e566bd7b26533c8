// NftKernel against the real kernel: what its calls promise.

#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "agent/kernel/exchange.h"
#include "agent/kernel/local_addresses.h"
#include "agent/kernel/netlink_socket.h"
#include "agent/kernel/probes.h"
#include "agent/kernel/sweep.h"
#include "agent/kernel/test_fixture.h"
#include "agent/nft/expressions.h"
#include "agent/nft/linux_nftables.h"
#include "agent/nft/messages.h"
#include "agent/nft/objects.h"
#include "agent/rules/program.h"
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

TEST_F(NftKernelTest, AFaultGoesFromShutToTimedToOpenAndAway) {
  ASSERT_EQ(kernel_->Stage(kGate, Request({Lab::kThere4})), absl::OkStatus());
  EXPECT_EQ(Read().state, GateState::kShut);
  EXPECT_TRUE(Read().intact);
  EXPECT_EQ(Read().key, (FaultKey{"f00d", 7, "digest"}));
  EXPECT_EQ(Read().lease_left, absl::ZeroDuration());
  EXPECT_TRUE(lab_.Arrives({}));

  ASSERT_EQ(kernel_->Arm(kGate, WallNow() + absl::Seconds(60),
                         BootNow() + absl::Seconds(90)),
            absl::OkStatus());
  EXPECT_EQ(Read().state, GateState::kTimed);
  EXPECT_TRUE(Read().intact);
  EXPECT_GT(Read().lease_left, absl::Seconds(60));
  EXPECT_TRUE(lab_.Arrives({}));

  ASSERT_EQ(kernel_->Open(kGate), absl::OkStatus());
  EXPECT_EQ(Read().state, GateState::kOpen);
  EXPECT_TRUE(Read().intact);
  EXPECT_FALSE(lab_.Arrives({}));
  EXPECT_EQ(Read().dropped_packets, 1u);
  EXPECT_EQ(Read().dropped_bytes, 36u);

  ASSERT_EQ(kernel_->Remove(kGate), absl::OkStatus());
  EXPECT_TRUE(lab_.Arrives({}));
  EXPECT_TRUE(absl::IsNotFound(kernel_->Read(kGate).status()));
  EXPECT_EQ(kernel_->Remove(kGate), absl::OkStatus());
}

TEST_F(NftKernelTest, TheKernelHealsAloneWhenNobodyIsLeft) {
  ASSERT_NO_FATAL_FAILURE(
      PutInForce(kGate, Request({Lab::kThere4}), absl::Milliseconds(400)));
  EXPECT_FALSE(lab_.Arrives({}));
  kernel_.reset();
  const BootInstant begin = BootNow();
  while (!lab_.Arrives({})) {
    ASSERT_LT(BootNow() - begin, absl::Seconds(10));
  }
  EXPECT_LT(BootNow() - begin, absl::Seconds(2));
  kernel_ = *NftKernel::Create();
  EXPECT_EQ(Read().lease_left, absl::ZeroDuration());
  EXPECT_TRUE(Read().intact);
}

TEST_F(NftKernelTest, RefreshSetsTheLeaseToEndAtTheExpiry) {
  ASSERT_NO_FATAL_FAILURE(PutInForce(kGate, Request({Lab::kThere4})));
  for (int seconds : {90, 5, 40}) {
    const BootInstant expiry = BootNow() + absl::Seconds(seconds);
    ASSERT_EQ(kernel_->Refresh(kGate, expiry), absl::OkStatus());
    const absl::Duration left = Read().lease_left;
    EXPECT_LE(BootNow() + left, expiry + absl::Milliseconds(50));
    EXPECT_GT(left, absl::Seconds(seconds - 3));
  }
}

TEST_F(NftKernelTest, WhatHasExpiredIsNeverBroughtBack) {
  ASSERT_NO_FATAL_FAILURE(
      PutInForce(kGate, Request({Lab::kThere4}), absl::Milliseconds(100)));
  while (Read().lease_left > absl::ZeroDuration()) {
  }
  const BootInstant expiry = BootNow() + absl::Seconds(60);
  EXPECT_TRUE(absl::IsNotFound(kernel_->Refresh(kGate, expiry)));
  EXPECT_TRUE(
      absl::IsFailedPrecondition(kernel_->Arm(kGate, WallNow(), expiry)));
  EXPECT_EQ(Read().lease_left, absl::ZeroDuration());
  EXPECT_TRUE(lab_.Arrives({}));
}

TEST_F(NftKernelTest, AnExpiryInThePastIsRefusedAndChangesNothing) {
  ASSERT_EQ(kernel_->Stage(kGate, Request({Lab::kThere4})), absl::OkStatus());
  EXPECT_TRUE(
      absl::IsDeadlineExceeded(kernel_->Arm(kGate, WallNow(), BootNow())));
  EXPECT_EQ(Read().state, GateState::kShut);
  ASSERT_EQ(kernel_->Arm(kGate, WallNow(), BootNow() + absl::Seconds(60)),
            absl::OkStatus());
  EXPECT_TRUE(absl::IsDeadlineExceeded(kernel_->Refresh(kGate, BootNow())));
  EXPECT_GT(Read().lease_left, absl::Seconds(30));
}

TEST_F(NftKernelTest, CallsOutOfOrderAreRefused) {
  const BootInstant expiry = BootNow() + absl::Seconds(60);
  EXPECT_TRUE(absl::IsNotFound(kernel_->Arm(kGate, WallNow(), expiry)));
  EXPECT_TRUE(absl::IsNotFound(kernel_->Open(kGate)));
  EXPECT_TRUE(absl::IsNotFound(kernel_->Refresh(kGate, expiry)));
  ASSERT_EQ(kernel_->Stage(kGate, Request({Lab::kThere4})), absl::OkStatus());
  EXPECT_TRUE(
      absl::IsAlreadyExists(kernel_->Stage(kGate, Request({Lab::kThere4}))));
  EXPECT_TRUE(absl::IsNotFound(kernel_->Refresh(kGate, expiry)));
  ASSERT_EQ(kernel_->Arm(kGate, WallNow(), expiry), absl::OkStatus());
  EXPECT_TRUE(
      absl::IsFailedPrecondition(kernel_->Arm(kGate, WallNow(), expiry)));
  EXPECT_TRUE(Read().intact);
}

TEST_F(NftKernelTest, AnInvalidFlowLeavesNothingBehind) {
  EXPECT_TRUE(absl::IsInvalidArgument(kernel_->Stage(kGate, Request({"n1"}))));
  EXPECT_TRUE(absl::IsNotFound(kernel_->Read(kGate).status()));
}

// Sends from there as fast as it can while `change` runs here. Returns for each
// datagram the wall clock before and after it was sent, and whether it arrived.
struct Shot {
  WallInstant before, after;
  bool arrived = false;
};
std::vector<Shot> Flood(Lab& lab, const std::function<void()>& change) {
  const UniqueFd to = lab.Here(SOCK_DGRAM, Lab::kHere4, 5000);
  const UniqueFd from = lab.There(SOCK_DGRAM, Lab::kThere4, 4000);
  std::vector<Shot> shots;
  std::atomic<bool> stop = false;
  std::atomic<bool> started = false;
  std::thread flood([&] {
    while (!stop) {
      Shot shot;
      shot.before = WallNow();
      SendTo(from, Lab::kHere4, 5000, "x");
      shot.after = WallNow();
      lab.Fence(false);
      shot.arrived = TryReceive(to);
      shots.push_back(shot);
      started = true;
    }
  });
  while (!started) std::this_thread::yield();
  change();
  stop = true;
  flood.join();
  return shots;
}

TEST_F(NftKernelTest, TheKernelOpensTheGateAtItsInstant) {
  ASSERT_EQ(kernel_->Stage(kGate, Request({Lab::kThere4})), absl::OkStatus());
  const WallInstant start = WallNow() + absl::Milliseconds(150);
  ASSERT_EQ(kernel_->Arm(kGate, start, BootNow() + absl::Seconds(60)),
            absl::OkStatus());
  const std::vector<Shot> shots = Flood(lab_, [&] {
    while (WallNow() < start + absl::Milliseconds(100)) {
      std::this_thread::yield();
    }
  });
  int before = 0, after = 0;
  for (const Shot& shot : shots) {
    if (shot.after < start) {
      ++before;
      EXPECT_TRUE(shot.arrived);
    } else if (shot.before > start + absl::Milliseconds(1)) {
      ++after;
      EXPECT_FALSE(shot.arrived);
    }
  }
  EXPECT_GT(before, 0);
  EXPECT_GT(after, 0);
}

TEST_F(NftKernelTest, OpenAndRefreshLeakNothing) {
  ASSERT_EQ(kernel_->Stage(kGate, Request({Lab::kThere4})), absl::OkStatus());
  ASSERT_EQ(kernel_->Arm(kGate, WallNow(), BootNow() + absl::Seconds(60)),
            absl::OkStatus());
  EXPECT_FALSE(lab_.Arrives({}));
  const std::vector<Shot> shots = Flood(lab_, [&] {
    for (int i = 0; i < 300; ++i) {
      EXPECT_EQ(kernel_->Open(kGate), absl::OkStatus());
      EXPECT_EQ(kernel_->Refresh(kGate, BootNow() + absl::Seconds(60)),
                absl::OkStatus());
    }
  });
  for (const Shot& shot : shots) EXPECT_FALSE(shot.arrived);
}

TEST_F(NftKernelTest, FaultsDoNotKnowOfEachOther) {
  ASSERT_NO_FATAL_FAILURE(PutInForce(1, Request({Lab::kThere4})));
  ASSERT_NO_FATAL_FAILURE(PutInForce(2, Request({Lab::kThere4})));
  ASSERT_NO_FATAL_FAILURE(PutInForce(3, Request({"10.77.0.3"})));
  const auto faults = kernel_->List();
  ASSERT_TRUE(faults.ok()) << faults.status();
  std::vector<GateId> gates;
  for (const KernelFault& fault : *faults) {
    gates.push_back(fault.gate);
    EXPECT_TRUE(fault.intact);
  }
  EXPECT_THAT(gates, UnorderedElementsAre(1, 2, 3));
  EXPECT_EQ(kernel_->Remove(1), absl::OkStatus());
  EXPECT_FALSE(lab_.Arrives({}));
  EXPECT_EQ(kernel_->Remove(2), absl::OkStatus());
  EXPECT_TRUE(lab_.Arrives({}));
  EXPECT_FALSE(lab_.Arrives({.from = "10.77.0.3"}));
}

TEST_F(NftKernelTest, WhoeverMeddlesIsSeen) {
  const std::vector<std::string> meddlings = {
      "add rule inet TABLE cuts accept",
      "insert rule inet TABLE gate accept",
      "flush chain inet TABLE cuts",
      "flush chain inet TABLE doomed",
      "insert rule inet TABLE doomed accept",
      "flush chain inet TABLE gate",
      "add set inet TABLE more { type mark; }",
      "add chain inet TABLE unarmed",
      "add element inet TABLE lease { 1 timeout 1h }",
      "delete element inet TABLE set1 { 10.77.0.2 }",
      // NOLINTNEXTLINE(bugprone-suspicious-missing-comma): one script.
      "delete element inet TABLE set1 { 10.77.0.2 }; add element inet TABLE "
      "set1 { 10.77.0.3 }",
      "flush set inet TABLE set0",
      "flush set inet TABLE set2; add element inet TABLE set2 { "
      "10.78.0.0-10.78.254.255 }",
  };
  GateId gate = 1;
  for (const std::string& meddling : meddlings) {
    ASSERT_NO_FATAL_FAILURE(
        PutInForce(gate, Request({Lab::kThere4, "10.78.0.0/16"})));
    EXPECT_TRUE(Read(gate).intact);
    lab_.Shell(absl::StrCat(
        "nft '", absl::StrReplaceAll(meddling, {{"TABLE", TableName(gate)}}),
        "'"));
    EXPECT_FALSE(Read(gate).intact) << meddling;
    EXPECT_EQ(Read(gate).key.fault_id, "f00d");
    ++gate;
  }
}

// A rule in another's place, with its user data: only its bytes tell.
TEST_F(NftKernelTest, ARuleThatOnlyLooksLikeOursIsSeen) {
  ASSERT_NO_FATAL_FAILURE(PutInForce(kGate, Request({Lab::kThere4})));
  const std::string table = TableName(kGate);
  const auto transport = *OpenNetlinkSocket();
  Exchange exchange(*transport);
  for (const bool same : {true, false}) {
    const auto rules = exchange.Ask(nft::RulesQuery(table), "read rules");
    ASSERT_TRUE(rules.ok()) << rules.status();
    std::string user_data;
    for (const nft::Object& object : *rules) {
      const auto& rule = std::get<nft::RuleInfo>(object);
      if (rule.chain == kCutsChain) user_data = rule.user_data;
    }
    nft::Batch batch = exchange.NewBatch();
    nft::AddDeleteRules(table, kCutsChain, batch);
    batch.Begin(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, NFPROTO_INET);
    nft::Writer& w = batch.writer();
    w.PutString(NFTA_RULE_TABLE, table);
    w.PutString(NFTA_RULE_CHAIN, kCutsChain);
    const size_t expressions = w.OpenNest(NFTA_RULE_EXPRESSIONS);
    Program program;
    Set& set = program.sets.emplace_back();
    set.name = "set1";
    set.fields = {same ? Field::kSource : Field::kDestination};
    nft::PutCut({Family::kIpv4, {InSet{0}}}, program, w);
    w.CloseNest(expressions);
    w.PutBytes(NFTA_RULE_USERDATA, user_data);
    batch.End();
    ASSERT_EQ(exchange.Commit(std::move(batch), "meddle"), absl::OkStatus());
    EXPECT_EQ(Read().intact, same);
  }
}

// Counts the questions that go to the kernel.
class CountingTransport : public NetlinkTransport {
 public:
  CountingTransport(std::unique_ptr<NetlinkTransport> transport, int& sent)
      : transport_(std::move(transport)), sent_(sent) {}
  absl::Status Send(absl::string_view bytes) override {
    ++sent_;
    return transport_->Send(bytes);
  }
  absl::StatusOr<std::string> Receive() override {
    return transport_->Receive();
  }

 private:
  const std::unique_ptr<NetlinkTransport> transport_;
  int& sent_;
};

// Does what the test wants before each question to the kernel.
class InterruptedTransport : public NetlinkTransport {
 public:
  explicit InterruptedTransport(const std::function<void()>* interrupt)
      : interrupt_(interrupt) {}
  absl::Status Send(absl::string_view bytes) override {
    (*interrupt_)();
    return transport_->Send(bytes);
  }
  absl::StatusOr<std::string> Receive() override {
    return transport_->Receive();
  }

 private:
  const std::unique_ptr<NetlinkTransport> transport_ = *OpenNetlinkSocket();
  const std::function<void()>* const interrupt_;
};

// As when the process is stopped just before the commit.
TEST_F(NftKernelTest, AnArmThatIsCommittedAfterItsExpiryDropsNothing) {
  std::function<void()> interrupt = [] {};
  const auto observer = *NftKernel::Create();
  kernel_ = std::make_unique<NftKernel>(
      std::make_unique<InterruptedTransport>(&interrupt), BootNow);
  ASSERT_EQ(kernel_->Stage(kGate, Request({Lab::kThere4})), absl::OkStatus());
  const BootInstant expiry = BootNow() + absl::Seconds(1);
  int sent = 0;
  interrupt = [&] {
    if (++sent == 1) {
      while (BootNow() <= expiry) std::this_thread::yield();
      return;
    }
    EXPECT_TRUE(lab_.Arrives({}));  // It is armed, and not yet taken back.
    const auto fault = observer->Read(kGate);
    ASSERT_TRUE(fault.ok()) << fault.status();
    EXPECT_EQ(fault->state, GateState::kTimed);
    EXPECT_GT(fault->lease_left, absl::ZeroDuration());
  };
  EXPECT_TRUE(absl::IsDeadlineExceeded(kernel_->Arm(kGate, WallNow(), expiry)));
  EXPECT_EQ(sent, 2);
}

TEST_F(NftKernelTest, ElementsAreComparedOnceAndAgainWhenOthersChangedRules) {
  int sent = 0;
  kernel_ = std::make_unique<NftKernel>(
      std::make_unique<CountingTransport>(*OpenNetlinkSocket(), sent), BootNow);
  const auto questions = [&] {
    sent = 0;
    EXPECT_TRUE(Read().intact);
    return sent;
  };
  const RequestPtr request = Request({Lab::kThere4, Lab::kThere6});
  ASSERT_EQ(kernel_->Stage(kGate, request), absl::OkStatus());
  const int whole = questions();
  const int cheap = questions();
  EXPECT_EQ(whole, cheap + 3);  // The sets.
  ASSERT_EQ(kernel_->Arm(kGate, WallNow(), BootNow() + absl::Seconds(60)),
            absl::OkStatus());
  EXPECT_EQ(questions(), cheap);
  ASSERT_EQ(kernel_->Open(kGate), absl::OkStatus());
  ASSERT_EQ(kernel_->Refresh(kGate, BootNow() + absl::Seconds(60)),
            absl::OkStatus());
  EXPECT_EQ(questions(), cheap);
  EXPECT_TRUE(absl::IsNotFound(kernel_->Open(kGate + 1)));  // Changes nothing.
  EXPECT_EQ(questions(), cheap);
  lab_.Shell("nft add table inet foreign");
  EXPECT_EQ(questions(), whole);
  EXPECT_EQ(questions(), cheap);
  ASSERT_EQ(kernel_->Remove(kGate), absl::OkStatus());
  ASSERT_EQ(kernel_->Stage(kGate, request), absl::OkStatus());
  EXPECT_EQ(questions(), whole);
}

TEST_F(NftKernelTest, TablesThatOnlyLookLikeOursAreListedAsNotIntact) {
  lab_.Shell(
      "nft 'add table inet sunder_00000007; add table ip sunder_00000008;"
      " add table inet sunder_x; add table inet foreign'");
  const auto faults = kernel_->List();
  ASSERT_TRUE(faults.ok()) << faults.status();
  ASSERT_EQ(faults->size(), 1u);
  EXPECT_EQ((*faults)[0].gate, 7u);
  EXPECT_FALSE((*faults)[0].intact);
}

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
