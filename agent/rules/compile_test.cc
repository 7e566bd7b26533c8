#include "agent/rules/compile.h"

#include <netinet/in.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "agent/rules/box.h"
#include "agent/rules/interpreter.h"
#include "agent/rules/to_nft.h"
#include "common/error_detail.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sunder/agent/v1/agent.pb.h"

namespace sunder::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

sunder::v1::Flow* AddFlow(
    v1::StageRequest& request, const std::vector<std::string>& sources,
    sunder::v1::Protocol protocol = sunder::v1::PROTOCOL_UNSPECIFIED) {
  auto* flow = request.add_flows();
  flow->mutable_behaviour()->mutable_drop();
  for (const std::string& source : sources) flow->add_sources(source);
  flow->set_protocol(protocol);
  return flow;
}

void AddPort(google::protobuf::RepeatedPtrField<sunder::v1::PortRange>* ports,
             uint32_t first, uint32_t last) {
  auto* range = ports->Add();
  range->set_first(first);
  range->set_last(last);
}

absl::StatusOr<Program> CompileRequest(const v1::StageRequest& request) {
  return Compile(0x2a, FaultKey{"f00d", 7, "digest"}, request.flows(),
                 request.protected_());
}

std::string NftOf(const v1::StageRequest& request) {
  const auto program = CompileRequest(request);
  EXPECT_TRUE(program.ok()) << program.status();
  return program.ok() ? ToNft(*program) : "";
}

void ExpectRefused(const v1::StageRequest& request, absl::string_view reason,
                   absl::string_view subject) {
  const absl::Status s = CompileRequest(request).status();
  EXPECT_EQ(s.code(), absl::StatusCode::kInvalidArgument) << s;
  const auto detail = GetErrorDetail(s);
  ASSERT_TRUE(detail.has_value()) << s;
  EXPECT_EQ(detail->reason(), std::string(reason));
  EXPECT_EQ(detail->subject(), std::string(subject));
}

TEST(TableName, IsReadBackAsItsGate) {
  EXPECT_EQ(TableName(0x2a), "sunder_0000002a");
  EXPECT_EQ(GateOfTable("sunder_ffffffff"), GateId{0xffffffff});
  for (absl::string_view foreign :
       {"", "sunder", "sunder_", "sunder_2a", "sunder_0000002A",
        "sunder_0000002g", "sunder_0000002a1", "filter", "sunder_-000002a",
        "sunder_0x00002a"}) {
    EXPECT_EQ(GateOfTable(foreign), std::nullopt) << foreign;
  }
}

TEST(Compile, ManyFlowsOfTheSameFieldsShareOneSizedSet) {
  v1::StageRequest request;
  for (int i = 0; i < 50; ++i) {
    auto* flow = AddFlow(request, {absl::StrCat("10.0.0.", i)},
                         sunder::v1::PROTOCOL_TCP);
    AddPort(flow->mutable_source_ports(), 80, 80);
  }
  const auto program = CompileRequest(request);
  ASSERT_TRUE(program.ok());
  ASSERT_EQ(program->cuts.size(), 1u);
  EXPECT_EQ(program->sets[1].size(), 50u);
  EXPECT_THAT(ToNft(*program),
              HasSubstr("ip saddr . meta l4proto . th sport @set1 goto"));
}

// What the packets of an uncut service cost, on a host where many are cut and
// much is protected.
TEST(Compile, WhatIsNotCutPaysOneLookUpForEachKindOfCutAndNothingElse) {
  v1::StageRequest request;
  for (const auto& [peer, here] :
       {std::pair("10.0.0.1", "10.9.9.9"), std::pair("fd00::1", "fd09::9")}) {
    auto* flow = AddFlow(request, {peer}, sunder::v1::PROTOCOL_TCP);
    AddPort(flow->mutable_source_ports(), 80, 80);
    AddPort(flow->mutable_destination_ports(), 443, 443);
    AddPort(AddFlow(request, {peer})->mutable_source_ports(), 53, 53);
    for (const bool is_remote : {false, true}) {
      auto* tuple = request.add_protected_();
      tuple->set_local_address(here);
      tuple->set_port(22);
      tuple->set_port_is_remote(is_remote);
    }
  }
  const auto program = CompileRequest(request);
  ASSERT_TRUE(program.ok());
  for (const auto& [peer, here] :
       {std::pair("10.0.0.1", "10.9.9.9"), std::pair("fd00::1", "fd09::9")}) {
    Packet packet;
    packet.source = *Address::Parse(peer);
    packet.destination = *Address::Parse(here);
    packet.protocol = IPPROTO_TCP;
    packet.source_port = 7000;
    packet.destination_port = 7001;
    const Walk uncut = WalkProgram(*program, packet);
    EXPECT_FALSE(uncut.dropped);
    EXPECT_EQ(uncut.look_ups, 3);
    packet.source_port = 80;
    EXPECT_TRUE(RunProgram(*program, packet));
    packet.destination_port = 22;
    EXPECT_FALSE(RunProgram(*program, packet));
  }
}

TEST(Compile, ARangeOfPortsCostsOtherProtocolsNoLookUp) {
  v1::StageRequest request;
  auto* flow = AddFlow(request, {"10.0.0.0/8"}, sunder::v1::PROTOCOL_TCP);
  AddPort(flow->mutable_source_ports(), 1000, 2000);
  const auto program = CompileRequest(request);
  ASSERT_TRUE(program.ok());
  Packet packet;
  packet.source = packet.destination = *Address::Parse("10.0.0.1");
  packet.protocol = IPPROTO_UDP;
  packet.source_port = packet.destination_port = 1500;
  EXPECT_EQ(WalkProgram(*program, packet).look_ups, 0);
}

TEST(Compile, TheSameEndpointTwiceIsOneElement) {
  v1::StageRequest request;
  AddFlow(request, {"10.0.0.1", "10.0.0.2", "10.0.0.1"});
  AddFlow(request, {"10.0.0.2"});
  const auto program = CompileRequest(request);
  ASSERT_TRUE(program.ok());
  EXPECT_EQ(program->sets[1].size(), 2u);
}

TEST(Compile, PrefixesAndPortRangesHaveAnIntervalSetEachAndAreMerged) {
  v1::StageRequest request;
  auto* flow =
      AddFlow(request, {"10.0.0.0/25", "10.0.0.128/25", "10.0.0.64/26"},
              sunder::v1::PROTOCOL_UDP);
  AddPort(flow->mutable_destination_ports(), 100, 200);
  AddPort(flow->mutable_destination_ports(), 150, 300);
  AddPort(flow->mutable_destination_ports(), 301, 302);
  const std::string nft = NftOf(request);
  EXPECT_THAT(nft, HasSubstr("elements = { 10.0.0.0-10.0.0.255 }"));
  EXPECT_THAT(nft, HasSubstr("elements = { 100-302 }"));
  EXPECT_THAT(
      nft,
      HasSubstr("meta l4proto 17 ip saddr @set1 th dport @set2 goto gate"));
}

TEST(Compile, APrefixPerFlowMakesOneRuleForAll) {
  v1::StageRequest request;
  for (int i = 0; i < 200; ++i) {
    AddFlow(request, {absl::StrCat("10.", i, ".0.0/17")});
  }
  const auto program = CompileRequest(request);
  ASSERT_TRUE(program.ok());
  EXPECT_EQ(program->cuts.size(), 1u);
  EXPECT_EQ(program->sets[1].size(), 200u);
}

TEST(Compile, AddressesAmongPrefixesStayInAHashSet) {
  v1::StageRequest request;
  AddFlow(request, {"10.0.0.1", "10.1.0.0/16", "fd00::1"});
  const auto program = CompileRequest(request);
  ASSERT_TRUE(program.ok());
  EXPECT_EQ(program->cuts.size(), 3u);
  int intervals = 0;
  for (const Set& set : program->sets) intervals += set.interval ? 1 : 0;
  EXPECT_EQ(intervals, 1);
}

TEST(Compile, AFlowOfOneFamilySaysNothingOfTheOther) {
  v1::StageRequest request;
  AddFlow(request, {"10.0.0.1"})->add_destinations("fd00::1");
  EXPECT_THAT(NftOf(request), Not(HasSubstr("goto gate")));
}

TEST(Compile, AnEmptyFlowDropsEverythingOfBothFamilies) {
  v1::StageRequest request;
  AddFlow(request, {});
  const std::string nft = NftOf(request);
  EXPECT_THAT(nft, HasSubstr("meta nfproto ipv4 goto gate"));
  EXPECT_THAT(nft, HasSubstr("meta nfproto ipv6 goto gate"));
}

TEST(Compile, WhatWouldMultiplyToMillionsIsKeptApart) {
  v1::StageRequest request;
  auto* flow = AddFlow(request, {});
  for (int i = 0; i < 2000; ++i) {
    flow->add_sources(absl::StrCat("10.0.", i / 256, ".", i % 256));
    flow->add_destinations(absl::StrCat("10.1.", i / 256, ".", i % 256));
  }
  const auto program = CompileRequest(request);
  ASSERT_TRUE(program.ok());
  size_t elements = 0;
  for (const Set& set : program->sets) elements += set.size();
  EXPECT_LE(elements, 4010u);
}

TEST(Compile, FlowsThatWouldTakeTheHostsMemoryAreRefused) {
  // Each of 256 keys, 36 bytes each, out of 200 bytes of the request.
  v1::StageRequest request;
  const auto add = [&] {
    const int i = request.flows_size();
    auto* flow = AddFlow(request, {});
    for (int k = 0; k < 16; ++k) {
      flow->add_sources(absl::StrCat("fd::", absl::Hex(i), ":", k));
      flow->add_destinations(absl::StrCat("fe::", absl::Hex(i), ":", k));
    }
    flow->set_protocol(sunder::v1::PROTOCOL_TCP);
  };
  while (request.flows_size() < 7281) add();
  EXPECT_TRUE(CompileRequest(request).ok());
  add();
  ExpectRefused(request, "TOO_LARGE", "flows");
}

TEST(ProductIsAtMost, IsRightForNumbersWhoseProductWrapsRound) {
  EXPECT_TRUE(ProductIsAtMost({}, 1));
  EXPECT_TRUE(ProductIsAtMost({1, 256, 1}, 256));
  EXPECT_FALSE(ProductIsAtMost({257, 1, 1}, 256));
  EXPECT_FALSE(ProductIsAtMost({16, 1, 17}, 256));
  for (const size_t most : {size_t{256}, size_t{1} << 23}) {
    EXPECT_FALSE(ProductIsAtMost(
        {size_t{1} << 22, size_t{1} << 21, size_t{1} << 21}, most));
    EXPECT_FALSE(ProductIsAtMost({size_t{1} << 63, 2, 1}, most));
  }
}

TEST(Compile, AHundredThousandEndpointsAreQuick) {
  v1::StageRequest request;
  for (int i = 0; i < 100'000; ++i) {
    auto* flow =
        AddFlow(request,
                {absl::StrCat("10.", i >> 16, ".", i >> 8 & 255, ".", i & 255)},
                sunder::v1::PROTOCOL_TCP);
    AddPort(flow->mutable_source_ports(), 7000, 7000);
  }
  const absl::Time begin = absl::Now();
  const auto program = CompileRequest(request);
  EXPECT_LT(absl::Now() - begin,
            absl::Seconds(5));  // Sanitizers, busy machines.
  ASSERT_TRUE(program.ok());
  EXPECT_EQ(program->sets[1].size(), 100'000u);
}

TEST(Compile, RefusesEnumValuesThatItDoesNotKnow) {
  v1::StageRequest request;
  AddFlow(request, {"10.0.0.1"});
  AddFlow(request, {"10.0.0.1"}, static_cast<sunder::v1::Protocol>(77));
  ExpectRefused(request, "UNKNOWN_ENUM", "flows[1].protocol");
  request.mutable_flows(1)->clear_protocol();
  request.mutable_flows(1)->mutable_behaviour()->Clear();
  ExpectRefused(request, "UNKNOWN_ENUM", "flows[1].behaviour");
  request.mutable_flows(1)->mutable_behaviour()->mutable_drop();
  auto* tuple = request.add_protected_();
  tuple->set_port(22);
  tuple->set_protocol(static_cast<sunder::v1::Protocol>(-1));
  ExpectRefused(request, "UNKNOWN_ENUM", "protected[0].protocol");
}

TEST(Compile, RefusesAddressesThatAreNone) {
  v1::StageRequest request;
  AddFlow(request, {"10.0.0.1", "n1"});
  ExpectRefused(request, "INVALID_FLOW", "flows[0].sources[1]");
  request.mutable_flows(0)->set_sources(1, "10.0.0.1/8");
  ExpectRefused(request, "INVALID_FLOW", "flows[0].sources[1]");
  request.mutable_flows(0)->set_sources(1, "10.0.0.2");
  request.mutable_flows(0)->add_destinations("");
  ExpectRefused(request, "INVALID_FLOW", "flows[0].destinations[0]");
}

TEST(Compile, RefusesPortsThatAreNone) {
  const std::vector<std::pair<uint32_t, uint32_t>> bad = {
      {0, 0}, {0, 5}, {6, 5}, {1, 65536}, {70000, 70000}};
  for (const auto& [first, last] : bad) {
    v1::StageRequest request;
    AddPort(AddFlow(request, {})->mutable_destination_ports(), first, last);
    ExpectRefused(request, "INVALID_FLOW", "flows[0].destination_ports[0]");
  }
  v1::StageRequest request;
  AddPort(
      AddFlow(request, {}, sunder::v1::PROTOCOL_ICMP)->mutable_source_ports(),
      80, 80);
  ExpectRefused(request, "INVALID_FLOW", "flows[0].protocol");
}

TEST(Compile, RefusesProtectedTuplesThatWouldProtectTooMuch) {
  v1::StageRequest request;
  auto* tuple = request.add_protected_();
  ExpectRefused(request, "INVALID_FLOW", "protected[0].port");
  tuple->set_port(22);
  tuple->set_local_address("here");
  ExpectRefused(request, "INVALID_FLOW", "protected[0].local_address");
  tuple->set_local_address("");
  tuple->set_peer("there");
  ExpectRefused(request, "INVALID_FLOW", "protected[0].peer");
}

TEST(Compile, RefusesKeysThatDoNotFitIntoUserData) {
  EXPECT_FALSE(Compile(1, FaultKey{"", 1, ""}, {}, {}).ok());
  EXPECT_FALSE(Compile(1, FaultKey{std::string(65, 'f'), 1, ""}, {}, {}).ok());
  EXPECT_FALSE(Compile(1, FaultKey{"f", 1, std::string(65, 'd')}, {}, {}).ok());
}

TEST(ToNft, PrintsTheWholeTable) {
  v1::StageRequest request;
  auto* tuple = request.add_protected_();
  tuple->set_local_address("10.0.0.9");
  tuple->set_protocol(sunder::v1::PROTOCOL_TCP);
  tuple->set_port(22);
  AddFlow(request, {"10.0.0.1"});
  EXPECT_EQ(NftOf(request),
            R"(table inet sunder_0000002a { # fault f00d, generation 7
	set lease {
		type mark
		flags timeout
	}

	set set0 {
		type icmpv6_type
		size 5
		elements = { 133,
			     134,
			     135,
			     136,
			     137 }
	}

	set set1 {
		type ipv4_addr . inet_proto . inet_service
		size 1
		elements = { 10.0.0.9 . 6 . 22 }
	}

	set set2 {
		type ipv4_addr . inet_proto . inet_service
		size 1
		elements = { 10.0.0.9 . 6 . 22 }
	}

	set set3 {
		type ipv4_addr
		size 1
		elements = { 10.0.0.1 }
	}

	chain doomed {
		meta nfproto ipv6 meta l4proto 58 icmpv6 type @set0 accept
		meta nfproto ipv4 ip saddr . meta l4proto . th sport @set1 accept
		meta nfproto ipv4 ip daddr . meta l4proto . th dport @set2 accept
		meta mark and 0 xor 0x0000002a @lease counter drop
	}

	chain gate {
		goto doomed
	}

	chain cuts {
		type filter hook prerouting priority raw; policy accept;
		meta nfproto ipv4 ip saddr @set3 goto gate
	}
}
)");
}

}  // namespace
}  // namespace sunder::agent
