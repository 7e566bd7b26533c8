// Random faults on random topologies: what each host drops, packet by packet,
// is what the shape's definition says, worked out here without sides, scopes or
// merging.

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "common/address.h"
#include "controller/planner/planner.h"
#include "controller/planner/random.h"
#include "controller/planner/test_topology.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using Ranges = google::protobuf::RepeatedPtrField<v1::PortRange>;
using Texts = google::protobuf::RepeatedPtrField<std::string>;

struct Packet {
  std::string host;  // Where it arrives.
  std::string source, destination;
  v1::Protocol protocol = v1::PROTOCOL_TCP;
  uint32_t source_port = 0, destination_port = 0;

  std::string ToString() const {
    return absl::StrCat(source, ":", source_port, " -> ", destination, ":",
                        destination_port, " ", v1::Protocol_Name(protocol),
                        " at ", host);
  }
};

bool HasPorts(v1::Protocol protocol) {
  return protocol == v1::PROTOCOL_TCP || protocol == v1::PROTOCOL_UDP ||
         protocol == v1::PROTOCOL_SCTP;
}

bool In(const Ranges& ranges, uint32_t port) {
  return std::any_of(ranges.begin(), ranges.end(), [port](const auto& r) {
    return r.first() <= port && port <= r.last();
  });
}

bool Covers(const std::string& prefix, const std::string& address) {
  return Prefix::Parse(prefix)->Contains(*Address::Parse(address));
}

bool AnyCovers(const Texts& prefixes, const std::string& address) {
  return prefixes.empty() ||
         std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const auto& p) { return Covers(p, address); });
}

// The contract of sunder.v1.Flow, word for word.
bool Drops(const v1::Flow& flow, const Packet& packet) {
  if (!AnyCovers(flow.sources(), packet.source)) return false;
  if (!AnyCovers(flow.destinations(), packet.destination)) return false;
  const bool ports_given =
      !flow.source_ports().empty() || !flow.destination_ports().empty();
  if (flow.protocol() != v1::PROTOCOL_UNSPECIFIED) {
    if (flow.protocol() != packet.protocol) return false;
  } else if (ports_given && !HasPorts(packet.protocol)) {
    return false;
  }
  return !ports_given || In(flow.source_ports(), packet.source_port) ||
         In(flow.destination_ports(), packet.destination_port);
}

bool IsDropped(const v1::Plan& plan, const Packet& packet) {
  for (const v1::HostPlan& host : plan.hosts()) {
    if (host.host() != packet.host) continue;
    for (const v1::Flow& flow : host.flows()) {
      if (Drops(flow, packet)) return true;
    }
  }
  return false;
}

class Oracle {
 public:
  Oracle(const v1::Topology& topology, const v1::FaultSpec& spec,
         const v1::Plan& plan)
      : topology_(topology), filter_(spec.filter()), plan_(plan) {}

  bool MustDrop(const Packet& packet) const {
    for (const v1::Member& from : plan_.members()) {
      for (const v1::Member& to : plan_.members()) {
        if (IsCut(from, to) && Sent(from, packet) && Received(to, packet) &&
            ByPorts(from, to, packet)) {
          return true;
        }
      }
    }
    return false;
  }

 private:
  bool IsCut(const v1::Member& from, const v1::Member& to) const {
    return &from != &to &&
           std::any_of(plan_.cuts().begin(), plan_.cuts().end(),
                       [&](const v1::SideCut& cut) {
                         return from.side() >= 0 && to.side() >= 0 &&
                                static_cast<int>(cut.from_side()) ==
                                    from.side() &&
                                static_cast<int>(cut.to_side()) == to.side();
                       });
  }
  const v1::Host& HostOf(const std::string& name) const {
    return *std::find_if(topology_.hosts().begin(), topology_.hosts().end(),
                         [&](const auto& h) { return h.name() == name; });
  }
  const v1::Task& TaskOf(const std::string& id) const {
    return *std::find_if(topology_.tasks().begin(), topology_.tasks().end(),
                         [&](const auto& t) { return t.id() == id; });
  }
  static bool Has(const Texts& addresses, const std::string& address) {
    return std::find(addresses.begin(), addresses.end(), address) !=
           addresses.end();
  }
  // The host's own, or that of a container on it.
  bool IsOn(const std::string& host, const std::string& address) const {
    if (Has(HostOf(host).addresses(), address)) return true;
    return std::any_of(topology_.tasks().begin(), topology_.tasks().end(),
                       [&](const v1::Task& task) {
                         return task.host() == host &&
                                Has(task.addresses(), address);
                       });
  }
  bool Sent(const v1::Member& member, const Packet& packet) const {
    if (member.kind() == "external") {
      return Covers(member.name(), packet.source) &&
             !IsOn(packet.host, packet.source) &&
             !Covers("127.0.0.0/8", packet.source);
    }
    if (member.kind() == "host") return IsOn(member.name(), packet.source);
    const v1::Task& task = TaskOf(member.name());
    return Has(task.addresses().empty() ? HostOf(task.host()).addresses()
                                        : task.addresses(),
               packet.source);
  }
  bool Received(const v1::Member& member, const Packet& packet) const {
    if (member.host() != packet.host) return false;
    if (member.kind() == "host") return true;
    const v1::Task& task = TaskOf(member.name());
    return Has(task.addresses().empty() ? HostOf(task.host()).addresses()
                                        : task.addresses(),
               packet.destination);
  }
  bool IsToldByPorts(const v1::Member& member) const {
    return member.kind() == "task" && TaskOf(member.name()).addresses().empty();
  }
  bool Serves(const v1::Member& member, v1::Protocol protocol,
              uint32_t port) const {
    if (!HasPorts(protocol)) return false;
    if (!filter_.ports().empty() && !In(filter_.ports(), port)) return false;
    if (!IsToldByPorts(member)) return !filter_.ports().empty();
    for (const v1::Endpoint& endpoint : TaskOf(member.name()).endpoints()) {
      const v1::Protocol its = endpoint.protocol() == v1::PROTOCOL_UNSPECIFIED
                                   ? v1::PROTOCOL_TCP
                                   : endpoint.protocol();
      if (its == protocol && endpoint.port() == port) return true;
    }
    return false;
  }
  bool ByPorts(const v1::Member& from, const v1::Member& to,
               const Packet& packet) const {
    if (filter_.protocol() != v1::PROTOCOL_UNSPECIFIED &&
        filter_.protocol() != packet.protocol) {
      return false;
    }
    if (filter_.ports().empty() && !IsToldByPorts(from) && !IsToldByPorts(to)) {
      return true;
    }
    return Serves(from, packet.protocol, packet.source_port) ||
           Serves(to, packet.protocol, packet.destination_port);
  }

  const v1::Topology& topology_;
  const v1::Filter& filter_;
  const v1::Plan& plan_;
};

template <typename T>
const T& Pick(const std::vector<T>& from, Random& random) {
  return from[random.Below(from.size())];
}

std::vector<std::string> HostNames(const v1::Topology& topology) {
  std::vector<std::string> names;
  for (const auto& host : topology.hosts()) names.push_back(host.name());
  return names;
}

std::vector<std::string> TaskIds(const v1::Topology& topology) {
  std::vector<std::string> ids;
  for (const auto& task : topology.tasks()) ids.push_back(task.id());
  return ids;
}

// Some names of a shuffled list, from `begin` on.
std::string Some(const std::vector<std::string>& names, size_t begin,
                 size_t end) {
  return absl::StrJoin(absl::MakeConstSpan(names).subspan(begin, end - begin),
                       ",");
}

v1::Shape RandomShape(const v1::Topology& topology, Random& random) {
  std::vector<std::string> names =
      random.Below(2) == 0 ? HostNames(topology) : TaskIds(topology);
  Shuffle(names, random);
  const size_t n = names.size();
  const size_t middle = 1 + random.Below(n - 1);
  const size_t end = middle + 1 + random.Below(n - middle);
  v1::Shape shape;
  switch (random.Below(8)) {
    case 0:
      shape.mutable_complete()->add_groups(Some(names, 0, middle));
      shape.mutable_complete()->add_groups(Some(names, middle, end));
      break;
    case 1:
      shape.mutable_complete()->add_groups(Some(names, 0, middle));
      shape.mutable_complete()->set_rest(v1::REST_ISOLATED);
      shape.mutable_complete()->set_among(Some(names, 0, end));
      break;
    case 2:
      shape.mutable_partial()->set_a(Some(names, 0, middle));
      shape.mutable_partial()->set_b(random.Below(2) == 0
                                         ? "10.0.0.0/8,fd00::/8,192.0.2.7"
                                         : Some(names, middle, end));
      break;
    case 3:
      shape.mutable_simplex()->set_from(Some(names, 0, middle));
      shape.mutable_simplex()->set_to(Some(names, middle, end));
      break;
    case 4:
      shape.mutable_halves()->set_of(Some(names, 0, n));
      break;
    case 5:
      shape.mutable_random_halves()->set_of(Some(names, 0, n));
      break;
    case 6:
      shape.mutable_isolate_one()->set_of(Some(names, 0, n));
      break;
    default: {
      // Hosts against tasks that run elsewhere.
      const std::string host = topology.hosts(0).name();
      std::vector<std::string> elsewhere;
      for (const v1::Task& task : topology.tasks()) {
        if (task.host() != host) elsewhere.push_back(task.id());
      }
      if (elsewhere.empty()) elsewhere = {"192.0.2.0/24"};
      shape.mutable_partial()->set_a(host);
      shape.mutable_partial()->set_b(absl::StrJoin(elsewhere, ","));
    }
  }
  return shape;
}

v1::Filter RandomFilter(Random& random) {
  constexpr v1::Protocol kProtocols[] = {v1::PROTOCOL_UNSPECIFIED,
                                         v1::PROTOCOL_TCP, v1::PROTOCOL_UDP};
  v1::Filter filter;
  if (random.Below(2) == 0) return filter;
  filter.set_protocol(kProtocols[random.Below(3)]);
  const int ranges = static_cast<int>(random.Below(3));
  for (int i = 0; i < ranges; ++i) {
    v1::PortRange& range = *filter.add_ports();
    range.set_first(1000 + static_cast<uint32_t>(random.Below(80)));
    range.set_last(range.first() + static_cast<uint32_t>(random.Below(20)));
  }
  return filter;
}

Packet RandomPacket(const v1::Topology& topology, Random& random) {
  constexpr v1::Protocol kProtocols[] = {v1::PROTOCOL_TCP, v1::PROTOCOL_TCP,
                                         v1::PROTOCOL_UDP, v1::PROTOCOL_SCTP,
                                         v1::PROTOCOL_ICMP};
  const bool v6 = random.Below(2) == 0;
  // (address, host) of all there is, and some that is nowhere.
  std::vector<std::pair<std::string, std::string>> places;
  for (const v1::Host& host : topology.hosts()) {
    places.emplace_back(host.addresses(v6), host.name());
  }
  for (const v1::Task& task : topology.tasks()) {
    if (!task.addresses().empty()) {
      places.emplace_back(task.addresses(v6), task.host());
    }
  }
  const auto to = Pick(places, random);
  if (v6) {
    places.emplace_back("fd77::1", "");
    places.emplace_back("2001:db8::1", "");
  } else {
    places.emplace_back("10.1.2.3", "");
    places.emplace_back("192.0.2.7", "");
    places.emplace_back("127.0.0.1", "");
  }
  const auto port = [&] {
    const v1::Task& task =
        topology.tasks(static_cast<int>(random.Below(topology.tasks_size())));
    if (task.endpoints().empty() || random.Below(3) == 0) {
      return static_cast<uint32_t>(990 + random.Below(120));
    }
    return task.endpoints(static_cast<int>(random.Below(task.endpoints_size())))
        .port();
  };
  Packet packet;
  packet.host = to.second;
  packet.destination = to.first;
  if (!v6 && random.Below(10) == 0) packet.destination = "224.0.0.251";
  packet.source = Pick(places, random).first;
  packet.protocol = kProtocols[random.Below(5)];
  packet.source_port = random.Below(2) == 0 ? port() : 40000;
  packet.destination_port = random.Below(2) == 0 ? port() : 40000;
  return packet;
}

TEST(Oracle, EachHostDropsWhatTheShapesDefinitionSays) {
  Random random(4711);
  int plans = 0, dropped = 0, dropped_v6 = 0, passed = 0;
  for (int round = 0; round < 600; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    const v1::Topology topology = RandomTopology(random);
    v1::FaultSpec spec;
    *spec.mutable_shape() = RandomShape(topology, random);
    *spec.mutable_filter() = RandomFilter(random);
    spec.mutable_behaviour()->mutable_drop();
    spec.mutable_duration()->set_seconds(60);
    spec.set_seed(1 + random.Below(1000));
    const auto plan = MakePlan(topology, spec, Deployment());
    if (!plan.ok()) {
      ASSERT_EQ(Reason(plan.status()), "NOTHING_CUT") << plan.status();
      continue;
    }
    ++plans;
    const Oracle oracle(topology, spec, *plan);
    for (int i = 0; i < 60; ++i) {
      const Packet packet = RandomPacket(topology, random);
      const bool is_dropped = IsDropped(*plan, packet);
      ASSERT_EQ(is_dropped, oracle.MustDrop(packet))
          << packet.ToString() << "\n"
          << spec.ShortDebugString() << "\n"
          << topology.ShortDebugString() << "\n"
          << plan->DebugString();
      ++(is_dropped ? dropped : passed);
      dropped_v6 += is_dropped && absl::StrContains(packet.source, ":");
    }
  }
  EXPECT_GT(plans, 450);
  EXPECT_GT(dropped, 1500);
  EXPECT_GT(dropped_v6, 600);
  EXPECT_GT(passed, 15000);
}

}  // namespace
}  // namespace sunder::controller
