#include "controller/planner/carve_out.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/address.h"
#include "common/error_detail.h"
#include "controller/planner/prefix_set.h"
#include "controller/planner/suggest.h"

namespace sunder::controller {
namespace {

using Texts = google::protobuf::RepeatedPtrField<std::string>;
using Ranges = google::protobuf::RepeatedPtrField<v1::PortRange>;

// A flow's addresses, read once for all tuples.
struct ReadFlow {
  const v1::Flow* flow;
  std::vector<Prefix> sources;
  std::vector<Prefix> destinations;
};

std::vector<Prefix> ReadPrefixes(const Texts& texts) {
  std::vector<Prefix> prefixes;
  for (const std::string& text : texts) {
    const absl::StatusOr<Prefix> prefix = Prefix::Parse(text);
    if (prefix.ok()) prefixes.push_back(*prefix);
  }
  return prefixes;
}

// Empty stands for every address on either side.
bool Meet(const std::vector<Prefix>& prefixes, const std::string& text) {
  const absl::StatusOr<Prefix> wanted = Prefix::Parse(text);
  return prefixes.empty() || !wanted.ok() ||
         std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const Prefix& p) { return Overlap(p, *wanted); });
}

bool HasPort(const Ranges& ranges, uint32_t port) {
  return std::any_of(ranges.begin(), ranges.end(), [port](const auto& range) {
    return range.first() <= port && port <= range.last();
  });
}

// Whether the tuple's own port makes its packets part of the flow.
bool Drops(const ReadFlow& read, const v1::ProtectedTuple& tuple) {
  const v1::Flow& flow = *read.flow;
  const bool same_protocol = flow.protocol() == v1::PROTOCOL_UNSPECIFIED ||
                             tuple.protocol() == v1::PROTOCOL_UNSPECIFIED ||
                             flow.protocol() == tuple.protocol();
  const bool every_port =
      flow.source_ports().empty() && flow.destination_ports().empty();
  const Ranges& ports =
      tuple.port_is_remote() ? flow.source_ports() : flow.destination_ports();
  return same_protocol && (every_port || HasPort(ports, tuple.port())) &&
         Meet(read.sources, tuple.peer()) &&
         Meet(read.destinations, tuple.local_address());
}

bool IsNamed(const v1::ProtectedTuple& tuple, const Division& division,
             const v1::Filter& filter) {
  for (const v1::PortRange& range : filter.ports()) {
    if (range.first() == tuple.port() && range.last() == tuple.port()) {
      return true;
    }
  }
  const absl::StatusOr<Prefix> peer = Prefix::Parse(tuple.peer());
  return peer.ok() &&
         std::any_of(division.members.begin(), division.members.end(),
                     [&](const Division::Sided& sided) {
                       return sided.side != kNoSide &&
                              sided.member.kind == MemberKind::kExternal &&
                              sided.member.name == peer->ToString();
                     });
}

absl::Status Refuse(const std::string& host, const v1::ProtectedTuple& tuple) {
  const std::string peer =
      tuple.peer().empty() ? std::string("anybody") : tuple.peer();
  return ErrorWithDetail(
      absl::StatusCode::kFailedPrecondition,
      absl::StrCat("the fault names protected traffic: ", tuple.why(),
                   " (port ", tuple.port(), " between ", host, " and ", peer,
                   ")"),
      "PROTECTED", tuple.why(), "Leave that address or port out of the fault");
}

}  // namespace

absl::StatusOr<std::vector<std::string>> CarveOut(
    const std::vector<v1::HostPlan>& hosts, const Division& division,
    const v1::Filter& filter) {
  std::map<std::pair<std::string, uint32_t>, std::set<std::string>> open;
  for (const v1::HostPlan& host : hosts) {
    std::vector<ReadFlow> flows;
    for (const v1::Flow& flow : host.flows()) {
      flows.push_back({&flow, ReadPrefixes(flow.sources()),
                       ReadPrefixes(flow.destinations())});
    }
    for (const v1::ProtectedTuple& tuple : host.protected_()) {
      const bool covered =
          std::any_of(flows.begin(), flows.end(),
                      [&](const ReadFlow& flow) { return Drops(flow, tuple); });
      if (!covered) continue;
      if (IsNamed(tuple, division, filter)) return Refuse(host.host(), tuple);
      open[{tuple.why(), tuple.port()}].insert(host.host());
    }
  }
  std::vector<std::string> notes;
  notes.reserve(open.size());
  for (const auto& [what, names] : open) {
    notes.push_back(absl::StrCat(
        "stays open: ", what.first, " (port ", what.second, ") at ",
        ListNames(std::vector<std::string>(names.begin(), names.end()))));
  }
  return notes;
}

}  // namespace sunder::controller
