#include "controller/planner/notes.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/task_state.h"
#include "controller/planner/prefix_set.h"
#include "controller/planner/suggest.h"

namespace sunder::controller {
namespace {

using Names = std::vector<std::string>;
using Notes = std::vector<std::string>;
using Places = std::map<int, std::vector<Place>>;

// Of notes that are alike, host by host.
constexpr size_t kMostAlike = 16;

void AddAlike(const Notes& alike, Notes& notes) {
  const size_t shown = std::min(alike.size(), kMostAlike);
  for (size_t i = 0; i < shown; ++i) notes.push_back(alike[i]);
  if (alike.size() > shown) {
    notes.push_back(
        absl::StrCat("... and ", alike.size() - shown, " more like the last"));
  }
}

// Whom the same host's addresses and ports cannot tell from members.
void AddBystanders(const TopologyIndex& topology, const Scopes& scopes,
                   const Division& division, Notes& notes) {
  absl::flat_hash_map<std::string, int> side_of;
  std::map<std::string, Names> sharing;  // Members, by host.
  for (const auto& [member, side] : division.members) {
    if (side == kNoSide || member.kind != MemberKind::kTask) continue;
    const v1::Task& task = *topology.FindTask(member.name);
    side_of.emplace(task.id(), side);
    if (scopes.SharesHost(task) && !task.host().empty()) {
      sharing[task.host()].push_back(task.id());
    }
  }
  Notes bystanders, mixed;
  for (const auto& [host, members] : sharing) {
    Names others;
    for (const v1::Task* task : topology.TasksOn(host)) {
      if (scopes.SharesHost(*task) && !HasEnded(*task) &&
          !side_of.contains(task->id())) {
        others.push_back(task->id());
      }
    }
    if (!others.empty()) {
      bystanders.push_back(absl::StrCat(
          "bystanders on ", host, ": ", ListNames(others),
          " share its addresses with ", ListNames(members, 3),
          "; their conversations with the ports of those who are cut from it "
          "are dropped too"));
    }
    std::set<int> sides;
    for (const std::string& id : members) sides.insert(side_of[id]);
    if (sides.size() > 1) {
      mixed.push_back(absl::StrCat(
          ListNames(members), " share the addresses of ", host,
          " but are on different sides: each also loses conversations with "
          "ports of its own side that the other is cut from"));
    }
  }
  AddAlike(bystanders, notes);
  AddAlike(mixed, notes);
}

// Members of different places on one host.
void AddSameHost(const Division& division, const Places& places, Notes& notes) {
  Notes alike;
  for (const auto& [from, to] : division.cuts) {
    if (from > to) continue;
    absl::flat_hash_map<const v1::Host*, const Place*> there;
    for (const Place& place : places.at(from)) {
      const bool is_new = there.emplace(place.host, &place).second;
      if (from != to || is_new || place.host == nullptr) continue;
      alike.push_back(absl::StrCat(there[place.host]->Name(), " and ",
                                   place.Name(), " run on ",
                                   place.host->name()));
    }
    for (const Place& place : places.at(to)) {
      const auto other = there.find(place.host);
      if (from == to || place.host == nullptr || other == there.end()) continue;
      alike.push_back(absl::StrCat(other->second->Name(), " and ", place.Name(),
                                   " run on ", place.host->name()));
    }
  }
  for (std::string& note : alike) {
    absl::StrAppend(&note,
                    ": what they say to each other over loopback addresses or "
                    "inside a bridge is not dropped");
  }
  AddAlike(alike, notes);
}

void AddWithoutAgent(const Division& division, const Places& places,
                     Notes& notes) {
  for (const auto& [side, at_side] : places) {
    const bool is_receiver = std::any_of(
        division.cuts.begin(), division.cuts.end(),
        [side = side](const auto& cut) { return cut.second == side; });
    if (!is_receiver) continue;
    for (const Place& place : at_side) {
      if (place.host != nullptr) continue;
      notes.push_back(absl::StrCat(
          "no agent at ", place.Name(),
          ": what is sent there still arrives; what comes from there is "
          "dropped"));
    }
  }
}

bool HasScope(const std::vector<Place>& places, bool all_ports) {
  for (const Place& place : places) {
    for (const Scope& scope : place.scopes) {
      if (scope.all_ports == all_ports) return true;
    }
  }
  return false;
}

void AddUnnamedPorts(const Division& division, const Places& places,
                     Notes& notes) {
  for (const auto& [from, to] : division.cuts) {
    const auto& a = places.at(from);
    const auto& b = places.at(to);
    if ((HasScope(a, false) && HasScope(b, true)) ||
        (HasScope(a, true) && HasScope(b, false))) {
      notes.push_back(
          "tasks that share their host's addresses are cut at their own ports "
          "only: connections they open to whole hosts, containers or prefixes "
          "pass; name those ports (--port), or cut the tasks' hosts");
      return;
    }
  }
}

void AddSilent(const Places& places, Notes& notes) {
  Names silent;
  for (const auto& [side, at_side] : places) {
    for (const Place& place : at_side) {
      silent.insert(silent.end(), place.silent.begin(), place.silent.end());
    }
  }
  if (silent.empty()) return;
  notes.push_back(
      absl::StrCat("the filter leaves no port of ", ListNames(silent)));
}

void AddCoveredHosts(const TopologyIndex& topology, const Division& division,
                     Notes& notes) {
  Notes alike;
  for (const auto& [member, side] : division.members) {
    if (side == kNoSide || member.kind != MemberKind::kExternal) continue;
    const absl::StatusOr<Prefix> prefix = Prefix::Parse(member.name);
    Names covered;
    for (const v1::Host* host : topology.hosts()) {
      const bool inside = std::any_of(
          host->addresses().begin(), host->addresses().end(),
          [&](const std::string& text) {
            const absl::StatusOr<Address> address = Address::Parse(text);
            return prefix.ok() && address.ok() && prefix->Contains(*address);
          });
      if (inside) covered.push_back(host->name());
    }
    if (covered.empty()) continue;
    alike.push_back(absl::StrCat(
        member.name, " holds addresses of ", ListNames(covered),
        ": what they send is dropped, what is sent to them is not; name hosts "
        "to cut both ways"));
  }
  AddAlike(alike, notes);
}

void AddAmbiguous(const Scopes& scopes, Notes& notes) {
  Names texts;
  for (const Address& address : scopes.ambiguous()) {
    texts.push_back(address.ToString());
  }
  if (texts.empty()) return;
  notes.push_back(absl::StrCat(
      "several hosts have the address ", ListNames(texts),
      ": it tells them not apart, and no packet is dropped by it"));
}

void AddFalseClaims(const Scopes& scopes, Notes& notes) {
  Notes alike;
  for (const auto& [task, address, host] : scopes.false_claims()) {
    alike.push_back(
        absl::StrCat(task, " reports the address ", address, ", which is ",
                     host, "'s: no packet is taken for ", task, "'s by it"));
  }
  AddAlike(alike, notes);
}

}  // namespace

std::vector<std::string> NotesOn(const TopologyIndex& topology,
                                 const Scopes& scopes, const Division& division,
                                 const Places& places) {
  Notes notes;
  AddBystanders(topology, scopes, division, notes);
  AddSameHost(division, places, notes);
  AddWithoutAgent(division, places, notes);
  AddUnnamedPorts(division, places, notes);
  AddSilent(places, notes);
  AddCoveredHosts(topology, division, notes);
  AddAmbiguous(scopes, notes);
  AddFalseClaims(scopes, notes);
  return notes;
}

}  // namespace sunder::controller
