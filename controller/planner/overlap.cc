#include "controller/planner/overlap.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/address.h"
#include "common/error_detail.h"

namespace sunder::controller {
namespace {

using Sides = absl::flat_hash_map<Member, int>;

absl::Status Overlap(absl::string_view subject, absl::string_view message,
                     absl::string_view advice) {
  return ErrorWithDetail(absl::StatusCode::kInvalidArgument, message, "OVERLAP",
                         subject, advice);
}

absl::StatusOr<Sides> EachOnOneSide(const Division& division) {
  Sides sides;
  for (const auto& [member, side] : division.members) {
    if (side == kNoSide) continue;
    if (!sides.emplace(member, side).second) {
      return Overlap(member.name, absl::StrCat(member.name, " is on two sides"),
                     "Name each member on one side only");
    }
  }
  return sides;
}

absl::Status NoTaskBesideItsHost(const TopologyIndex& topology,
                                 const Division& division, const Sides& sides) {
  for (const auto& [member, side] : division.members) {
    if (side == kNoSide || member.kind != MemberKind::kTask) continue;
    const std::string& host = topology.FindTask(member.name)->host();
    if (sides.contains({MemberKind::kHost, host})) {
      return Overlap(member.name,
                     absl::StrCat(member.name, " runs on ", host,
                                  ", and a host holds its tasks"),
                     absl::StrCat("Leave out ", member.name, " or ", host,
                                  ", or name tasks on every side"));
    }
  }
  return absl::OkStatus();
}

absl::Status NoPrefixInAnother(const Sides& sides) {
  std::vector<std::pair<Prefix, int>> prefixes;
  for (const auto& [member, side] : sides) {
    if (member.kind != MemberKind::kExternal) continue;
    const absl::StatusOr<Prefix> prefix = Prefix::Parse(member.name);
    if (!prefix.ok()) return prefix.status();
    prefixes.emplace_back(*prefix, side);
  }
  std::sort(prefixes.begin(), prefixes.end());
  // Prefixes nest or are apart, so one that holds another stands before it with
  // nothing between but what it holds as well.
  std::vector<std::pair<Prefix, int>> around;
  for (const auto& [prefix, side] : prefixes) {
    while (!around.empty() && !around.back().first.Contains(prefix.address())) {
      around.pop_back();
    }
    if (!around.empty() && around.back().second != side) {
      return Overlap(
          prefix.ToString(),
          absl::StrCat(around.back().first.ToString(), " holds ",
                       prefix.ToString(), ", which is on another side"),
          "Make the prefixes disjoint");
    }
    around.emplace_back(prefix, side);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckNoOverlap(const TopologyIndex& topology,
                            const Division& division) {
  const absl::StatusOr<Sides> sides = EachOnOneSide(division);
  if (!sides.ok()) return sides.status();
  absl::Status status = NoTaskBesideItsHost(topology, division, *sides);
  if (!status.ok()) return status;
  return NoPrefixInAnother(*sides);
}

}  // namespace sunder::controller
