// What the kernel holds after us, as `nft` and the host's owner see it.

#include <string>

#include "absl/strings/str_cat.h"
#include "agent/kernel/exchange.h"
#include "agent/kernel/netlink_socket.h"
#include "agent/kernel/test_fixture.h"
#include "agent/nft/messages.h"
#include "agent/rules/compile.h"
#include "agent/rules/to_nft.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

using ::testing::HasSubstr;

// Every kind of set and rule that Compile makes.
RequestPtr EverythingRequest() {
  auto request = std::make_shared<v1::StageRequest>();
  request->set_fault_id("f00d");
  request->set_generation(1);
  const auto flow = [&](const std::vector<std::string>& sources,
                        const std::vector<std::string>& destinations,
                        sunder::v1::Protocol protocol) {
    auto* f = request->add_flows();
    f->mutable_behaviour()->mutable_drop();
    for (const auto& s : sources) f->add_sources(s);
    for (const auto& d : destinations) f->add_destinations(d);
    f->set_protocol(protocol);
    return f;
  };
  const auto port = [](auto* ports, uint32_t first, uint32_t last) {
    auto* range = ports->Add();
    range->set_first(first);
    range->set_last(last);
  };
  using sunder::v1::PROTOCOL_ICMP;
  using sunder::v1::PROTOCOL_TCP;
  using sunder::v1::PROTOCOL_UDP;
  using sunder::v1::PROTOCOL_UNSPECIFIED;
  flow({"10.77.0.2", "fd77::2"}, {}, PROTOCOL_UNSPECIFIED);
  flow({"10.77.0.2", "fd77::2"}, {"10.77.0.1", "fd77::1"}, PROTOCOL_ICMP);
  flow({"10.0.0.0/24", "192.168.0.0/16", "fd00::/16", "255.255.255.255",
        "128.0.0.0/1", "0.0.0.0/8"},
       {}, PROTOCOL_UNSPECIFIED);
  auto* f =
      flow({"10.77.0.2", "fd77::2"}, {"10.77.0.1", "fd77::1"}, PROTOCOL_TCP);
  port(f->mutable_source_ports(), 80, 80);
  port(f->mutable_destination_ports(), 81, 81);
  port(f->mutable_destination_ports(), 100, 200);
  f = flow({"10.1.0.0/16", "fd01::/64"}, {"10.77.0.1", "fd77::1"},
           PROTOCOL_UNSPECIFIED);
  port(f->mutable_destination_ports(), 65000, 65535);
  port(f->mutable_destination_ports(), 22, 22);
  f = flow({}, {"10.2.0.0/16"}, PROTOCOL_UDP);
  port(f->mutable_source_ports(), 53, 53);
  flow({}, {}, sunder::v1::PROTOCOL_SCTP);
  auto* tuple = request->add_protected_();
  tuple->set_local_address("10.77.0.1");
  tuple->set_port(22);
  tuple = request->add_protected_();
  tuple->set_peer("fd77::/64");
  tuple->set_protocol(PROTOCOL_TCP);
  tuple->set_port(7321);
  tuple->set_port_is_remote(true);
  return request;
}

size_t CountElements(GateId gate, const std::string& set) {
  const auto transport = *OpenNetlinkSocket();
  const auto elements =
      Exchange(*transport)
          .Ask(nft::ElementsQuery(TableName(gate), set), "count elements");
  EXPECT_TRUE(elements.ok()) << elements.status();
  size_t count = 0;
  if (!elements.ok()) return count;
  for (const nft::Object& some : *elements) {
    count += std::get<nft::ElementsInfo>(some).count;
  }
  return count;
}

TEST_F(NftKernelTest, TheListingOfAFaultLoadsAgainAsTheSame) {
  ASSERT_NO_FATAL_FAILURE(PutInForce(kGate, EverythingRequest()));
  const std::string listing = lab_.Shell("nft list ruleset");
  const std::string before = lab_.Shell("nft -s list ruleset");
  const std::string again = lab_.ShellInNewNamespace(absl::StrCat(
      "nft -f - <<'END' && nft -s list ruleset\n", listing, "END"));
  EXPECT_EQ(before, again);
}

TEST_F(NftKernelTest, AListingNamesTheGateAlikeInTheRuleAndInTheLease) {
  constexpr GateId kUneven = 0xfbcad83e;  // Each byte another.
  ASSERT_NO_FATAL_FAILURE(PutInForce(kUneven, Request({Lab::kThere4})));
  const std::string listing =
      lab_.Shell(absl::StrCat("nft list table inet ", TableName(kUneven)));
  EXPECT_THAT(listing, HasSubstr("elements = { 0xfbcad83e timeout"));
  EXPECT_THAT(listing, HasSubstr("| 0xfbcad83e == @lease counter"));
}

TEST_F(NftKernelTest, AListingThatIsLoadedAgainCutsTheSamePackets) {
  ASSERT_NO_FATAL_FAILURE(
      PutInForce(kGate, Request({Lab::kThere4, Lab::kThere6})));
  const std::string listing = lab_.Shell("nft list ruleset");
  ASSERT_EQ(kernel_->Remove(kGate), absl::OkStatus());
  EXPECT_TRUE(lab_.Arrives({}));
  lab_.Shell(absl::StrCat("nft -f - <<'END'\n", listing, "END"));
  EXPECT_FALSE(lab_.Arrives({}));
  EXPECT_FALSE(lab_.Arrives({.from = Lab::kThere6}));
  EXPECT_TRUE(lab_.Arrives({.from = "10.77.0.3"}));
}

TEST_F(NftKernelTest, TheDryRunShowsWhatIsInstalled) {
  const RequestPtr request = EverythingRequest();
  ASSERT_NO_FATAL_FAILURE(PutInForce(kGate, request, absl::Milliseconds(500)));
  while (Read().lease_left > absl::ZeroDuration()) {
  }
  const auto program =
      Compile(kGate, {"f00d", 1, ""}, request->flows(), request->protected_());
  ASSERT_TRUE(program.ok());
  const std::string installed = lab_.Shell("nft -s list ruleset");
  const std::string shown = lab_.ShellInNewNamespace(absl::StrCat(
      "nft -f - <<'END' && nft -s list ruleset\n", ToNft(*program), "END"));
  EXPECT_EQ(installed, shown);
}

// Each of them comes back as it was sent, or in a form known to be the same.
TEST_F(NftKernelTest, EveryKindOfSetAndRuleIsReadBackAsItWasSent) {
  ASSERT_EQ(kernel_->Stage(kGate, EverythingRequest()), absl::OkStatus());
  EXPECT_TRUE(Read().intact);
  ASSERT_EQ(kernel_->Arm(kGate, WallNow(), BootNow() + absl::Seconds(60)),
            absl::OkStatus());
  EXPECT_TRUE(Read().intact);
  ASSERT_EQ(kernel_->Open(kGate), absl::OkStatus());
  kernel_ = *NftKernel::Create();  // One that knows nothing yet.
  EXPECT_TRUE(Read().intact);
}

TEST_F(NftKernelTest, AnArmedFaultCanBeListedAndLoadedToo) {
  ASSERT_EQ(kernel_->Stage(kGate, EverythingRequest()), absl::OkStatus());
  ASSERT_EQ(kernel_->Arm(kGate, WallNow() + absl::Seconds(60),
                         BootNow() + absl::Seconds(60)),
            absl::OkStatus());
  EXPECT_THAT(lab_.Shell("nft list ruleset"), HasSubstr("meta time"));
  EXPECT_TRUE(lab_.Succeeds("nft list ruleset | unshare -n nft -f -"));
}

TEST_F(NftKernelTest, TheHostsOwnRulesetIsTheSameBeforeDuringAndAfter) {
  lab_.Shell(R"(nft -f - <<'END'
table inet filter {
	set peers {
		type ipv4_addr
		elements = { 10.77.0.3 }
	}
	chain input {
		type filter hook input priority 0
		ip saddr @peers counter accept
	}
	chain raw {
		type filter hook prerouting priority -300
		ip saddr 10.77.0.2 counter
	}
}
table ip nat {
	chain post {
		type nat hook postrouting priority 100
	}
}
table inet sunderland {
	chain rules {
		counter drop
	}
}
END)");
  lab_.Shell("iptables-legacy -A INPUT -s 10.77.0.4 -j ACCEPT || true");
  const std::string list =
      "for t in 'inet filter' 'ip nat' 'inet sunderland'; do nft -s -a list "
      "table $t; done; iptables-legacy-save 2>/dev/null | grep -v '^#' | sed "
      "'s/\\[.*\\]//'; ip "
      "link; ip addr; tc qdisc";
  const std::string before = lab_.Shell(list);
  ASSERT_NO_FATAL_FAILURE(PutInForce(kGate, EverythingRequest()));
  EXPECT_FALSE(lab_.Arrives({}));
  ASSERT_EQ(kernel_->Refresh(kGate, BootNow() + absl::Seconds(50)),
            absl::OkStatus());
  EXPECT_EQ(lab_.Shell(list), before);
  ASSERT_EQ(kernel_->Remove(kGate), absl::OkStatus());
  EXPECT_EQ(lab_.Shell(list), before);
  EXPECT_EQ(lab_.Shell("nft list tables"),
            "table inet filter\ntable ip nat\ntable inet sunderland\n");
}

TEST_F(NftKernelTest, AHundredThousandEndpointsAreOneTransaction) {
  for (const bool v6 : {false, true}) {
    auto request = Request({});
    request->clear_flows();
    for (int i = 0; i < 100'000; ++i) {
      auto* flow = AddFlow(
          *request,
          {v6 ? absl::StrCat("fd01::", absl::Hex(i >> 16), ":",
                             absl::Hex(i & 0xffff))
              : absl::StrCat("10.", i >> 16, ".", i >> 8 & 255, ".", i & 255)});
      flow->set_protocol(sunder::v1::PROTOCOL_UDP);
      AddPorts(flow->mutable_source_ports(), 4000, 4000);
    }
    auto* flow = AddFlow(*request, {v6 ? Lab::kThere6 : Lab::kThere4});
    flow->set_protocol(sunder::v1::PROTOCOL_UDP);
    AddPorts(flow->mutable_source_ports(), 4000, 4000);
    const GateId gate = v6 ? 6 : 4;
    ASSERT_NO_FATAL_FAILURE(PutInForce(gate, request));
    EXPECT_TRUE(Read(gate).intact);
    const std::string from = v6 ? Lab::kThere6 : Lab::kThere4;
    EXPECT_FALSE(lab_.Arrives({.from = from}));
    EXPECT_TRUE(lab_.Arrives({.from = from, .from_port = 4001}));
    EXPECT_EQ(CountElements(gate, "set1"), 100'001u);
    EXPECT_EQ(kernel_->Remove(gate), absl::OkStatus());
    EXPECT_TRUE(lab_.Arrives({.from = from}));
  }
}

}  // namespace
}  // namespace sunder::agent
