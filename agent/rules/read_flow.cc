#include "agent/rules/read_flow.h"

#include <netinet/in.h>

#include <array>
#include <bit>

#include "absl/strings/str_cat.h"
#include "common/address.h"
#include "common/error_detail.h"

namespace sunder::agent {
namespace {

constexpr absl::string_view kInvalid = "INVALID_FLOW";
constexpr absl::string_view kUnknownEnum = "UNKNOWN_ENUM";

Value PortValue(uint32_t port) {
  return {static_cast<uint8_t>(port >> 8), static_cast<uint8_t>(port)};
}

}  // namespace

void BoxReader::Values::Clear() {
  restricted = whole = false;
  singles.ranges.clear();
  ranges.ranges.clear();
}

void BoxReader::Values::AddSingle(const Value& value) {
  singles.ranges.push_back({value, value});
}

void BoxReader::Values::AddRange(const Range& range) {
  ranges.ranges.push_back(range);
}

template <typename Use>
void BoxReader::Values::ForEach(Use use) const {
  if (!restricted || whole) return use(any);
  if (!singles.ranges.empty()) use(singles);
  if (!ranges.ranges.empty()) use(ranges);
}

std::string BoxReader::ElementName(absl::string_view field, int index) const {
  return absl::StrCat(field, "[", index, "]");
}

absl::Status BoxReader::Wrong(absl::string_view field, absl::string_view why,
                              absl::string_view reason) const {
  const std::string subject = absl::StrCat(list_, "[", index_, "].", field);
  return ErrorWithDetail(absl::StatusCode::kInvalidArgument,
                         absl::StrCat(subject, ": ", why), reason, subject);
}

absl::Status BoxReader::ReadAddress(const std::string& text,
                                    absl::string_view field, int index,
                                    ByFamily& values) const {
  for (Values& v : values) v.restricted = true;
  // Nearly all; to make and take apart a Prefix would double their time.
  if (const auto v4 = ParseV4(text)) {
    values[0].AddSingle(
        std::bit_cast<Value>(std::array<uint32_t, 4>{*v4, 0, 0, 0}));
    return absl::OkStatus();
  }
  const absl::StatusOr<Prefix> prefix = Prefix::Parse(text);
  if (!prefix.ok()) {
    return Wrong(index < 0 ? std::string(field) : ElementName(field, index),
                 prefix.status().message(), kInvalid);
  }
  Values& own = values[prefix->address().is_v6() ? 1 : 0];
  own.whole = own.whole || prefix->length() == 0;
  if (prefix->is_single()) {
    own.AddSingle(prefix->address().bytes());
  } else {
    own.AddRange({prefix->address().bytes(), prefix->Last().bytes()});
  }
  return absl::OkStatus();
}

absl::Status BoxReader::ReadAddresses(const Addresses& texts,
                                      absl::string_view field,
                                      ByFamily& values) const {
  for (Values& v : values) {
    v.Clear();
    v.singles.ranges.reserve(texts.size());
  }
  for (int i = 0; i < texts.size(); ++i) {
    if (absl::Status s = ReadAddress(texts[i], field, i, values); !s.ok()) {
      return s;
    }
  }
  return absl::OkStatus();
}

absl::Status BoxReader::ReadPorts(const Ports& ports, absl::string_view field,
                                  Values& values) const {
  values.Clear();
  values.restricted = true;
  for (int i = 0; i < ports.size(); ++i) {
    const uint32_t first = ports[i].first(), last = ports[i].last();
    if (first < 1 || last < first || last > 65535) {
      return Wrong(
          ElementName(field, i),
          absl::StrCat(first, "-", last, " is not a range within 1-65535"),
          kInvalid);
    }
    if (first == last) {
      values.AddSingle(PortValue(first));
    } else {
      values.AddRange({PortValue(first), PortValue(last)});
    }
  }
  return absl::OkStatus();
}

absl::Status BoxReader::ReadProtocol(sunder::v1::Protocol protocol,
                                     bool has_ports) {
  protocols_ = Protocols::kOne;
  switch (protocol) {
    case sunder::v1::PROTOCOL_UNSPECIFIED:
      protocols_ = has_ports ? Protocols::kWithPorts : Protocols::kAny;
      return absl::OkStatus();
    case sunder::v1::PROTOCOL_TCP:
      protocol_ = {IPPROTO_TCP, IPPROTO_TCP};
      return absl::OkStatus();
    case sunder::v1::PROTOCOL_UDP:
      protocol_ = {IPPROTO_UDP, IPPROTO_UDP};
      return absl::OkStatus();
    case sunder::v1::PROTOCOL_SCTP:
      protocol_ = {IPPROTO_SCTP, IPPROTO_SCTP};
      return absl::OkStatus();
    case sunder::v1::PROTOCOL_ICMP:
      protocol_ = {IPPROTO_ICMP, IPPROTO_ICMPV6};
      if (has_ports) return Wrong("protocol", "ICMP has no ports", kInvalid);
      return absl::OkStatus();
    default:
      return Wrong("protocol",
                   absl::StrCat("the value ", static_cast<int>(protocol),
                                " is not known to this agent"),
                   kUnknownEnum);
  }
}

void BoxReader::Emit(const ByFamily& sources, const ByFamily& destinations,
                     PortSide side, const Values& ports, Sink sink) {
  BoxView box;
  box.protocols = protocols_;
  box.port_side = side;
  for (Family family : {Family::kIpv4, Family::kIpv6}) {
    const auto f = static_cast<size_t>(family);
    box.family = family;
    box.protocol = protocols_ == Protocols::kOne ? protocol_[f] : 0;
    sources[f].ForEach([&](const Choice& source) {
      box.source = &source;
      destinations[f].ForEach([&](const Choice& destination) {
        box.destination = &destination;
        ports.ForEach([&](const Choice& port) {
          box.ports = &port;
          sink(box);
        });
      });
    });
  }
}

absl::Status BoxReader::ReadFlow(const sunder::v1::Flow& flow, int index,
                                 Sink sink) {
  list_ = "flows";
  index_ = index;
  if (flow.behaviour().kind_case() != sunder::v1::Behaviour::kDrop) {
    return Wrong("behaviour", "is empty or not known to this agent",
                 kUnknownEnum);
  }
  const bool has_ports =
      !flow.source_ports().empty() || !flow.destination_ports().empty();
  absl::Status s = ReadProtocol(flow.protocol(), has_ports);
  if (s.ok()) s = ReadAddresses(flow.sources(), "sources", sources_);
  if (s.ok()) {
    s = ReadAddresses(flow.destinations(), "destinations", destinations_);
  }
  if (s.ok()) s = ReadPorts(flow.source_ports(), "source_ports", source_ports_);
  if (s.ok()) {
    s = ReadPorts(flow.destination_ports(), "destination_ports",
                  destination_ports_);
  }
  if (!s.ok()) return s;
  if (!has_ports) {
    Emit(sources_, destinations_, PortSide::kNone, no_ports_, sink);
    return absl::OkStatus();
  }
  Emit(sources_, destinations_, PortSide::kSource, source_ports_, sink);
  Emit(sources_, destinations_, PortSide::kDestination, destination_ports_,
       sink);
  return absl::OkStatus();
}

absl::Status BoxReader::ReadProtected(const sunder::v1::ProtectedTuple& tuple,
                                      int index, Sink sink) {
  list_ = "protected";
  index_ = index;
  const bool is_icmp = tuple.protocol() == sunder::v1::PROTOCOL_ICMP;
  absl::Status s = ReadProtocol(tuple.protocol(), tuple.port() != 0);
  if (!s.ok()) return s;
  if (!is_icmp && (tuple.port() < 1 || tuple.port() > 65535)) {
    return Wrong("port", absl::StrCat(tuple.port(), " is not within 1-65535"),
                 kInvalid);
  }
  ByFamily& local = destinations_;
  ByFamily& peer = sources_;
  for (ByFamily* values : {&local, &peer}) {
    for (Values& v : *values) v.Clear();
  }
  if (!tuple.local_address().empty()) {
    s = ReadAddress(tuple.local_address(), "local_address", -1, local);
  }
  if (s.ok() && !tuple.peer().empty()) {
    s = ReadAddress(tuple.peer(), "peer", -1, peer);
  }
  if (!s.ok()) return s;
  Values& port = destination_ports_;
  port.Clear();
  if (!is_icmp) {
    port.restricted = true;
    port.AddSingle(PortValue(tuple.port()));
  }
  const PortSide at_peer = is_icmp ? PortSide::kNone : PortSide::kSource;
  const PortSide at_local = is_icmp ? PortSide::kNone : PortSide::kDestination;
  Emit(peer, local, tuple.port_is_remote() ? at_peer : at_local, port, sink);
  // What the local side sends is received here where it is forwarded or where
  // the peer is on this host too.
  if (!tuple.local_address().empty()) {
    Emit(local, peer, tuple.port_is_remote() ? at_local : at_peer, port, sink);
  }
  return absl::OkStatus();
}

}  // namespace sunder::agent
