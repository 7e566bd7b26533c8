#include "controller/planner/place.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "controller/planner/suggest.h"

namespace sunder::controller {
namespace {

// `scope` with the ports that the filter is about: perhaps none, and still a
// client of others' ports.
Scope Narrow(Scope scope, const v1::Filter& filter) {
  const PortSet wanted = PortSet::Of(filter.ports());
  if (scope.all_ports) {
    if (wanted.empty()) return scope;
    scope.all_ports = false;
    scope.ports[filter.protocol()] = wanted;
    return scope;
  }
  PortsByProtocol left;
  for (const auto& [protocol, ports] : scope.ports) {
    if (filter.protocol() != v1::PROTOCOL_UNSPECIFIED &&
        filter.protocol() != protocol) {
      continue;
    }
    PortSet both = wanted.empty() ? ports : ports.Intersection(wanted);
    if (!both.empty()) left[protocol] = std::move(both);
  }
  scope.ports = std::move(left);
  return scope;
}

// As few scopes as say the same.
std::vector<Scope> Merge(const std::vector<Scope>& scopes) {
  std::map<std::vector<Prefix>, PortsByProtocol> by_addresses;
  std::map<std::tuple<bool, bool, PortsByProtocol>, std::set<Prefix>> alike;
  for (const Scope& scope : scopes) {
    if (scope.all_ports || scope.is_machine) {
      alike[{scope.is_machine, scope.all_ports, scope.ports}].insert(
          scope.addresses.begin(), scope.addresses.end());
      continue;
    }
    PortsByProtocol& merged = by_addresses[scope.addresses];
    for (const auto& [protocol, ports] : scope.ports) {
      merged[protocol].Add(ports);
    }
  }
  for (const auto& [addresses, ports] : by_addresses) {
    alike[{false, false, ports}].insert(addresses.begin(), addresses.end());
  }
  std::vector<Scope> merged;
  for (const auto& [key, addresses] : alike) {
    const auto& [is_machine, all_ports, ports] = key;
    merged.push_back({.addresses = {addresses.begin(), addresses.end()},
                      .is_machine = is_machine,
                      .all_ports = all_ports,
                      .ports = ports});
  }
  return merged;
}

}  // namespace

std::string Place::Name() const { return ListNames(members, 2); }

absl::StatusOr<std::map<int, std::vector<Place>>> PlacesBySide(
    const Scopes& scopes, const Division& division, const v1::Filter& filter) {
  std::map<int, std::vector<Place>> by_side;
  absl::flat_hash_map<std::pair<int, const v1::Host*>, size_t> known;
  for (const auto& [member, side] : division.members) {
    if (side == kNoSide) continue;
    absl::StatusOr<Reach> reach = scopes.Of(member);
    if (!reach.ok()) return reach.status();
    std::vector<Place>& places = by_side[side];
    const bool alone = division.cuts.contains({side, side});
    size_t at = places.size();
    if (!alone) at = known.try_emplace({side, reach->host}, at).first->second;
    if (at == places.size()) places.push_back({.host = reach->host});
    places[at].members.push_back(member.name);
    bool serves = false;
    for (Scope& scope : reach->scopes) {
      places[at].scopes.push_back(Narrow(std::move(scope), filter));
      const Scope& narrowed = places[at].scopes.back();
      serves = serves || narrowed.all_ports || !narrowed.ports.empty();
    }
    if (!serves) places[at].silent.push_back(member.name);
  }
  for (auto& [side, places] : by_side) {
    for (Place& place : places) place.scopes = Merge(place.scopes);
  }
  return by_side;
}

}  // namespace sunder::controller
