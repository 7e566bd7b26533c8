#include "controller/planner/flows.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/error_detail.h"
#include "controller/planner/prefix_set.h"

namespace sunder::controller {
namespace {

using Cuts = std::set<std::pair<int, int>>;
using Places = std::map<int, std::vector<Place>>;

// A plan has to be stored, sent and installed.
constexpr size_t kMostPairsOfPlaces = 1'000'000;

// The flows of one receiving host.
class HostFlows {
 public:
  HostFlows(std::string host, std::vector<Prefix> own,
            const v1::FaultSpec& spec)
      : own_(std::move(own)), spec_(spec) {
    plan_.set_host(std::move(host));
  }

  void Add(const Place& from, const Place& to) {
    const std::string label = absl::StrCat(from.Name(), " -> ", to.Name());
    for (const Scope& source : from.scopes) {
      const std::vector<Prefix> sources = from.host == to.host
                                              ? source.addresses
                                              : WithoutOwn(source.addresses);
      for (const Scope& target : to.scopes) Add(source, sources, target, label);
    }
  }

  v1::HostPlan Take() {
    for (const Prefix& own : own_) plan_.add_addresses(own.ToString());
    return std::move(plan_);
  }
  bool empty() const { return plan_.flows_size() == 0; }

 private:
  // A host is never cut from itself, even if a prefix that it is cut from holds
  // its own addresses.
  std::vector<Prefix> WithoutOwn(const std::vector<Prefix>& prefixes) const {
    std::vector<Prefix> left;
    for (const Prefix& prefix : prefixes) {
      const std::vector<Prefix> parts = Without(prefix, own_);
      left.insert(left.end(), parts.begin(), parts.end());
    }
    return left;
  }

  static bool ShareFamily(const std::vector<Prefix>& a,
                          const std::vector<Prefix>& b) {
    const auto has = [](const std::vector<Prefix>& prefixes, bool v6) {
      return std::any_of(
          prefixes.begin(), prefixes.end(),
          [v6](const Prefix& p) { return p.address().is_v6() == v6; });
    };
    return (has(a, false) && has(b, false)) || (has(a, true) && has(b, true));
  }

  void Add(const Scope& source, const std::vector<Prefix>& sources,
           const Scope& target, const std::string& label) {
    if (target.is_machine ? sources.empty()
                          : !ShareFamily(sources, target.addresses)) {
      return;
    }
    std::set<v1::Protocol> protocols;
    if (source.all_ports && target.all_ports) {
      protocols.insert(spec_.filter().protocol());
    }
    for (const auto& [protocol, ports] : source.ports) {
      protocols.insert(protocol);
    }
    for (const auto& [protocol, ports] : target.ports) {
      protocols.insert(protocol);
    }
    for (const v1::Protocol protocol : protocols) {
      v1::Flow& flow = *plan_.add_flows();
      for (const Prefix& prefix : sources) {
        flow.add_sources(prefix.ToString());
      }
      if (!target.is_machine) {
        for (const Prefix& prefix : target.addresses) {
          flow.add_destinations(prefix.ToString());
        }
      }
      flow.set_protocol(protocol);
      SetPorts(source, protocol, *flow.mutable_source_ports());
      SetPorts(target, protocol, *flow.mutable_destination_ports());
      *flow.mutable_behaviour() = spec_.behaviour();
      flow.set_label(label);
    }
  }

  static void SetPorts(const Scope& scope, v1::Protocol protocol,
                       PortSet::Ranges& ranges) {
    const auto ports = scope.ports.find(protocol);
    if (ports != scope.ports.end()) ranges = ports->second.ToProto();
  }

  const std::vector<Prefix> own_;
  const v1::FaultSpec& spec_;
  v1::HostPlan plan_;
};

absl::Status NoAgent(const std::string& from, const std::string& to,
                     bool one_way) {
  return ErrorWithDetail(
      absl::StatusCode::kUnimplemented,
      absl::StrCat("what ", from, " sends to ", to,
                   " cannot be dropped: packets are dropped where they arrive, "
                   "and there is no agent at ",
                   to),
      "UNSUPPORTED", to,
      one_way ? absl::StrCat("Cut both ways, which drops what ", to,
                             " answers, or run an agent there")
              : std::string("Run an agent at one of the two"));
}

// Cut both ways, a far end without agent is dropped at the near end alone.
absl::Status CheckSomebodyDrops(const Place& from, const Place& to,
                                bool both_ways) {
  if (to.host != nullptr || (both_ways && from.host != nullptr)) {
    return absl::OkStatus();
  }
  return NoAgent(from.Name(), to.Name(), from.host != nullptr);
}

absl::Status CheckSize(const Places& places, const Cuts& cuts) {
  size_t pairs = 0;
  for (const auto& [from, to] : cuts) {
    pairs += places.at(from).size() * places.at(to).size();
  }
  if (pairs <= kMostPairsOfPlaces) return absl::OkStatus();
  return ErrorWithDetail(
      absl::StatusCode::kResourceExhausted,
      absl::StrCat("the fault has ", pairs,
                   " pairs of places that are cut from each other; at most ",
                   kMostPairsOfPlaces, " can be planned"),
      "TOO_LARGE", "shape", "Name fewer members, or cut by host");
}

}  // namespace

absl::StatusOr<std::vector<v1::HostPlan>> PlanFlows(const Scopes& scopes,
                                                    const Places& places,
                                                    const Cuts& cuts,
                                                    const v1::FaultSpec& spec) {
  absl::Status status = CheckSize(places, cuts);
  if (!status.ok()) return status;
  std::map<std::string, HostFlows> by_host;
  for (const auto& [from_side, to_side] : cuts) {
    const bool both_ways = cuts.contains({to_side, from_side});
    for (const Place& from : places.at(from_side)) {
      for (const Place& to : places.at(to_side)) {
        if (&from == &to) continue;
        status = CheckSomebodyDrops(from, to, both_ways);
        if (!status.ok()) return status;
        if (to.host == nullptr) continue;
        auto flows = by_host.find(to.host->name());
        if (flows == by_host.end()) {
          flows = by_host
                      .try_emplace(to.host->name(), to.host->name(),
                                   scopes.Own(*to.host), spec)
                      .first;
        }
        flows->second.Add(from, to);
      }
    }
  }
  std::vector<v1::HostPlan> plans;
  for (auto& [host, flows] : by_host) {
    if (!flows.empty()) plans.push_back(flows.Take());
  }
  if (plans.empty()) {
    return ErrorWithDetail(
        absl::StatusCode::kFailedPrecondition,
        "the fault would drop nothing: no member has traffic that the filter "
        "lets it cut",
        "NOTHING_CUT", "filter",
        "Leave the protocol and ports out, or name those the members serve");
  }
  return plans;
}

}  // namespace sunder::controller
