#include "agent/rules/interpreter.h"

#include <netinet/in.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace sunder::agent {
namespace {

bool HasPorts(uint8_t protocol) {
  return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP ||
         protocol == IPPROTO_SCTP;
}

std::string PortBytes(uint16_t port) {
  return {static_cast<char>(port >> 8), static_cast<char>(port)};
}

std::string AddressBytes(const Address& address) {
  return std::string(reinterpret_cast<const char*>(address.bytes().data()),
                     address.bits() / 8);
}

// nullopt: the kernel cannot read it, so the rule does not match.
std::optional<std::string> Load(Field field, const Packet& packet) {
  switch (field) {
    case Field::kSource:
      return AddressBytes(packet.source);
    case Field::kDestination:
      return AddressBytes(packet.destination);
    case Field::kProtocol:
      return std::string(1, static_cast<char>(packet.protocol));
    case Field::kIcmpType:
      if (packet.later_fragment) return std::nullopt;
      return std::string(1, static_cast<char>(packet.icmp_type));
    case Field::kSourcePort:
    case Field::kDestinationPort:
      if (packet.later_fragment || !HasPorts(packet.protocol)) {
        return std::nullopt;
      }
      return PortBytes(field == Field::kSourcePort ? packet.source_port
                                                   : packet.destination_port);
  }
  return std::nullopt;
}

bool IsIn(const Set& set, const Packet& packet) {
  std::string value;
  for (Field field : set.fields) {
    std::optional<std::string> loaded = Load(field, packet);
    if (!loaded) return false;
    if (set.fields.size() > 1) loaded->resize((loaded->size() + 3) / 4 * 4);
    value += *loaded;
  }
  const size_t width = value.size();
  for (size_t at = 0; at < set.keys.size(); at += set.KeyBytes()) {
    const std::string first = set.keys.substr(at, width);
    const std::string last =
        set.interval ? set.keys.substr(at + width, width) : first;
    // std::string compares as unsigned bytes: big-endian order.
    if (first <= value && value <= last) return true;
  }
  return false;
}

bool Holds(const Match& match, const Program& program, const Packet& packet) {
  if (const Equals* equals = std::get_if<Equals>(&match)) {
    return Load(equals->field, packet) == equals->value;
  }
  return IsIn(program.sets[std::get<InSet>(match).set], packet);
}

bool Contains(const std::string& prefix, const Address& address) {
  return Prefix::Parse(prefix)->Contains(address);
}

template <typename Texts>
bool AnyContains(const Texts& prefixes, const Address& address) {
  return prefixes.empty() ||
         std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const auto& p) { return Contains(p, address); });
}

bool ProtocolIs(sunder::v1::Protocol wanted, const Packet& packet) {
  switch (wanted) {
    case sunder::v1::PROTOCOL_UNSPECIFIED:
      return true;
    case sunder::v1::PROTOCOL_TCP:
      return packet.protocol == IPPROTO_TCP;
    case sunder::v1::PROTOCOL_UDP:
      return packet.protocol == IPPROTO_UDP;
    case sunder::v1::PROTOCOL_SCTP:
      return packet.protocol == IPPROTO_SCTP;
    default:
      return packet.source.is_v6() ? packet.protocol == IPPROTO_ICMPV6
                                   : packet.protocol == IPPROTO_ICMP;
  }
}

bool Drops(const sunder::v1::Flow& flow, const Packet& packet) {
  if (!AnyContains(flow.sources(), packet.source) ||
      !AnyContains(flow.destinations(), packet.destination) ||
      !ProtocolIs(flow.protocol(), packet)) {
    return false;
  }
  if (flow.source_ports().empty() && flow.destination_ports().empty()) {
    return true;
  }
  if (!HasPorts(packet.protocol) || packet.later_fragment) return false;
  const auto is_among = [](const auto& ranges, uint16_t port) {
    return std::any_of(ranges.begin(), ranges.end(), [&](const auto& r) {
      return r.first() <= port && port <= r.last();
    });
  };
  return is_among(flow.source_ports(), packet.source_port) ||
         is_among(flow.destination_ports(), packet.destination_port);
}

bool Protects(const sunder::v1::ProtectedTuple& tuple, const Packet& packet) {
  const bool icmp = tuple.protocol() == sunder::v1::PROTOCOL_ICMP;
  if (!ProtocolIs(tuple.protocol(), packet)) return false;
  if (!icmp && (!HasPorts(packet.protocol) || packet.later_fragment)) {
    return false;
  }
  const auto is_between = [&](const Address& local, const Address& peer,
                              uint16_t local_port, uint16_t peer_port) {
    return (tuple.local_address().empty() ||
            Contains(tuple.local_address(), local)) &&
           (tuple.peer().empty() || Contains(tuple.peer(), peer)) &&
           (icmp ||
            (tuple.port_is_remote() ? peer_port : local_port) == tuple.port());
  };
  return is_between(packet.destination, packet.source, packet.destination_port,
                    packet.source_port) ||
         (!tuple.local_address().empty() &&
          is_between(packet.source, packet.destination, packet.source_port,
                     packet.destination_port));
}

}  // namespace

std::string Packet::ToString() const {
  return absl::StrCat(source.ToString(), ":", source_port, " -> ",
                      destination.ToString(), ":", destination_port,
                      " protocol ", protocol, " icmp type ", icmp_type,
                      later_fragment ? " (later fragment)" : "");
}

Walk WalkProgram(const Program& program, const Packet& packet) {
  const Family family = packet.source.is_v6() ? Family::kIpv6 : Family::kIpv4;
  Walk walk;
  const auto matches = [&](const Rule& rule) {
    return rule.family == family &&
           std::all_of(rule.matches.begin(), rule.matches.end(),
                       [&](const Match& m) {
                         walk.look_ups += std::holds_alternative<InSet>(m);
                         return Holds(m, program, packet);
                       });
  };
  walk.dropped =
      std::any_of(program.cuts.begin(), program.cuts.end(), matches) &&
      std::none_of(program.spares.begin(), program.spares.end(), matches);
  return walk;
}

bool RunFlows(const v1::StageRequest& request, const Packet& packet) {
  const bool is_neighbour_discovery =
      packet.source.is_v6() && packet.protocol == IPPROTO_ICMPV6 &&
      !packet.later_fragment && packet.icmp_type >= 133 &&
      packet.icmp_type <= 137;
  if (is_neighbour_discovery) return false;
  for (const auto& tuple : request.protected_()) {
    if (Protects(tuple, packet)) return false;
  }
  for (const auto& flow : request.flows()) {
    if (Drops(flow, packet)) return true;
  }
  return false;
}

}  // namespace sunder::agent
