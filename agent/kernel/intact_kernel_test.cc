// What somebody else changed in a table of ours is seen.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/kernel/exchange.h"
#include "agent/kernel/netlink_socket.h"
#include "agent/kernel/test_fixture.h"
#include "agent/kernel/transport.h"
#include "agent/nft/expressions.h"
#include "agent/nft/linux_nftables.h"
#include "agent/nft/messages.h"
#include "agent/nft/objects.h"
#include "agent/rules/program.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

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
  uint32_t port() const override { return transport_->port(); }
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

}  // namespace
}  // namespace sunder::agent
