#include <netinet/in.h>

#include <random>
#include <string>
#include <vector>

#include "agent/rules/compile.h"
#include "agent/rules/interpreter.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

// Draws from small pools, so that flows and packets meet, touch and overlap.
class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}

  int Below(int n) { return static_cast<int>(random_() % n); }
  bool Once(int n) { return Below(n) == 0; }

  template <typename T>
  T Pick(const std::vector<T>& from) {
    return from[Below(static_cast<int>(from.size()))];
  }

  std::string AddressOf(bool v6) {
    static const std::vector<std::string> v4s = {
        "10.0.0.0", "10.0.0.1",  "10.0.0.2",        "10.0.0.255",
        "10.0.1.0", "127.0.0.1", "255.255.255.255", "0.0.0.0"};
    static const std::vector<std::string> v6s = {
        "fd00::",
        "fd00::1",
        "fd00::2",
        "fd00::1:0",
        "fd00:0:0:1::",
        "::",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"};
    return Pick(v6 ? v6s : v4s);
  }

  std::string Prefix() {
    static const std::vector<std::string> prefixes = {
        "10.0.0.0/24", "10.0.0.0/31", "10.0.0.2/31", "10.0.0.0/8",
        "0.0.0.0/0",   "128.0.0.0/1", "0.0.0.0/1",   "fd00::/64",
        "fd00::/127",  "fd00::/16",   "8000::/1",    "::/0"};
    return Once(4) ? Pick(prefixes) : AddressOf(Once(2));
  }

  uint16_t Port() {
    return Pick<uint16_t>({1, 2, 79, 80, 81, 443, 65534, 65535});
  }

  sunder::v1::Protocol Protocol(bool icmp) {
    return static_cast<sunder::v1::Protocol>(Below(icmp ? 5 : 4));
  }

 private:
  std::mt19937_64 random_;
};

void DrawPorts(
    Dice& dice,
    google::protobuf::RepeatedPtrField<sunder::v1::PortRange>* ports) {
  for (int n = dice.Below(3); n > 0; --n) {
    const auto [first, last] = std::minmax({dice.Port(), dice.Port()});
    auto* range = ports->Add();
    range->set_first(first);
    range->set_last(dice.Once(2) ? first : last);
  }
}

v1::StageRequest DrawRequest(Dice& dice) {
  v1::StageRequest request;
  for (int n = dice.Below(6); n > 0; --n) {
    auto* flow = request.add_flows();
    flow->mutable_behaviour()->mutable_drop();
    for (int k = dice.Below(4); k > 0; --k) flow->add_sources(dice.Prefix());
    for (int k = dice.Below(3); k > 0; --k) {
      flow->add_destinations(dice.Prefix());
    }
    const bool has_ports = dice.Once(2);
    flow->set_protocol(dice.Protocol(!has_ports));
    if (has_ports) {
      DrawPorts(dice, flow->mutable_source_ports());
      DrawPorts(dice, flow->mutable_destination_ports());
    }
  }
  for (int n = dice.Below(3); n > 0; --n) {
    auto* tuple = request.add_protected_();
    if (dice.Once(2)) tuple->set_local_address(dice.AddressOf(dice.Once(2)));
    if (dice.Once(2)) tuple->set_peer(dice.Prefix());
    tuple->set_protocol(dice.Protocol(true));
    if (tuple->protocol() != sunder::v1::PROTOCOL_ICMP) {
      tuple->set_port(dice.Port());
    }
    tuple->set_port_is_remote(dice.Once(2));
  }
  return request;
}

Packet DrawPacket(Dice& dice) {
  Packet packet;
  const bool v6 = dice.Once(2);
  packet.source = *Address::Parse(dice.AddressOf(v6));
  packet.destination = *Address::Parse(dice.AddressOf(v6));
  packet.protocol =
      dice.Pick<uint8_t>({IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP, IPPROTO_ICMP,
                          IPPROTO_ICMPV6, IPPROTO_GRE});
  packet.source_port = dice.Port();
  packet.destination_port = dice.Port();
  packet.icmp_type = dice.Pick<uint8_t>({0, 8, 128, 132, 133, 135, 137, 138});
  packet.later_fragment = dice.Once(8);
  return packet;
}

void ExpectAgreement(const v1::StageRequest& request, const Program& program,
                     const Packet& packet) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(request, &text);
  ASSERT_EQ(RunProgram(program, packet), RunFlows(request, packet))
      << packet.ToString() << "\n"
      << text;
}

// Intervals must be fit for the kernel: ordered, apart, not touching.
void ExpectWellFormed(const Set& set) {
  ASSERT_GT(set.size(), 0u);
  ASSERT_EQ(set.keys.size() % set.KeyBytes(), 0u);
  if (!set.interval) return;
  const size_t width = set.ValueBytes();
  std::string before;
  for (size_t at = 0; at < set.keys.size(); at += 2 * width) {
    const std::string first = set.keys.substr(at, width);
    const std::string last = set.keys.substr(at + width, width);
    ASSERT_LE(first, last);
    if (at > 0) {
      ASSERT_LT(before, first);
    }
    before = last;
  }
}

TEST(CompileProperty, AProgramDropsExactlyWhatTheFlowsSay) {
  int dropped = 0, passed = 0;
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    Dice dice(seed);
    const v1::StageRequest request = DrawRequest(dice);
    const auto program = Compile(1, FaultKey{"f", 1, "d"}, request.flows(),
                                 request.protected_());
    ASSERT_TRUE(program.ok()) << program.status();
    for (const Set& set : program->sets) {
      ASSERT_NO_FATAL_FAILURE(ExpectWellFormed(set));
    }
    for (int i = 0; i < 40; ++i) {
      const Packet packet = DrawPacket(dice);
      ASSERT_NO_FATAL_FAILURE(ExpectAgreement(request, *program, packet))
          << "seed " << seed;
      ++(RunFlows(request, packet) ? dropped : passed);
    }
  }
  // The pools are such that both happen often; else this would prove nothing.
  EXPECT_GT(dropped, 10000);
  EXPECT_GT(passed, 10000);
}

TEST(CompileProperty, ALaterFragmentIsNotTakenForNeighbourDiscovery) {
  Dice dice(1);
  v1::StageRequest request;
  auto* flow = request.add_flows();
  flow->mutable_behaviour()->mutable_drop();
  flow->add_sources("fd00::/16");
  const auto program =
      Compile(1, FaultKey{"f", 1, "d"}, request.flows(), request.protected_());
  ASSERT_TRUE(program.ok());
  Packet packet;
  packet.source = packet.destination = *Address::Parse("fd00::1");
  packet.protocol = IPPROTO_ICMPV6;
  packet.icmp_type = 135;
  EXPECT_FALSE(RunProgram(*program, packet));
  packet.later_fragment = true;
  EXPECT_TRUE(RunProgram(*program, packet));
}

}  // namespace
}  // namespace sunder::agent
