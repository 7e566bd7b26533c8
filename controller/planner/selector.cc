#include "controller/planner/selector.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/address.h"
#include "common/error_detail.h"
#include "common/task_state.h"
#include "controller/planner/selector_label.h"
#include "controller/planner/selector_term.h"
#include "controller/planner/shown.h"
#include "controller/planner/suggest.h"

namespace sunder::controller {
namespace {

using Prefix = SelectorTerm::Prefix;

constexpr absl::string_view kForms =
    "Selectors are host:NAME, app:/ID, task:ID, cidr:PREFIX or label=value; "
    "see "
    "what is there with: sunder topology";

absl::Status NotFound(absl::string_view what, const SelectorTerm& term,
                      const std::vector<std::string>& known) {
  const std::vector<std::string> near = NearMisses(term.body, known);
  return ErrorWithDetail(
      absl::StatusCode::kNotFound,
      absl::StrCat("there is no ", what, " \"", Shown(term.body), "\""),
      "NOT_FOUND", term.written,
      near.empty()
          ? std::string(kForms)
          : absl::StrCat("Did you mean ", absl::StrJoin(near, " or "), "?"));
}

absl::Status TwoReadings(const SelectorTerm& term, absl::string_view one,
                         absl::string_view other) {
  return ErrorWithDetail(
      absl::StatusCode::kInvalidArgument,
      absl::StrCat("\"", term.written, "\" has two readings: ", one, " and ",
                   other),
      "AMBIGUOUS", term.written, absl::StrCat("Say ", one, " or ", other));
}

std::vector<std::string> HostNames(const TopologyIndex& topology) {
  std::vector<std::string> names;
  for (const v1::Host* host : topology.hosts()) names.push_back(host->name());
  return names;
}

std::vector<std::string> TaskIds(const TopologyIndex& topology) {
  std::vector<std::string> ids;
  for (const v1::Task* task : topology.tasks()) ids.push_back(task->id());
  return ids;
}

absl::StatusOr<std::vector<Member>> SelectHost(const TopologyIndex& topology,
                                               const SelectorTerm& term) {
  if (topology.FindHost(term.body) == nullptr) {
    return NotFound("host", term, HostNames(topology));
  }
  return std::vector<Member>{{MemberKind::kHost, term.body}};
}

absl::StatusOr<std::vector<Member>> SelectTask(const TopologyIndex& topology,
                                               const SelectorTerm& term) {
  if (topology.FindTask(term.body) == nullptr) {
    return NotFound("task", term, TaskIds(topology));
  }
  return std::vector<Member>{{MemberKind::kTask, term.body}};
}

absl::StatusOr<std::vector<Member>> SelectApp(const TopologyIndex& topology,
                                              const SelectorTerm& term) {
  const auto* tasks = topology.FindApp(term.body);
  if (tasks == nullptr) return NotFound("app", term, topology.apps());
  std::vector<Member> members;
  for (const v1::Task* task : *tasks) {
    if (!HasEnded(*task)) members.push_back({MemberKind::kTask, task->id()});
  }
  if (members.empty()) {
    return ErrorWithDetail(
        absl::StatusCode::kFailedPrecondition,
        absl::StrCat("app \"", term.body, "\" has no running task"), "EMPTY",
        term.written, "Wait until Marathon has started it, or scale it up");
  }
  return members;
}

absl::StatusOr<std::vector<Member>> SelectCidr(const SelectorTerm& term) {
  const absl::StatusOr<sunder::Prefix> prefix =
      sunder::Prefix::Parse(term.body);
  if (!prefix.ok()) {
    return ErrorWithDetail(absl::StatusCode::kInvalidArgument,
                           prefix.status().message(), "BAD_ADDRESS",
                           term.written,
                           "Write an address or a prefix, as in "
                           "cidr:10.0.0.0/8 or cidr:fd09::1");
  }
  return std::vector<Member>{{MemberKind::kExternal, prefix->ToString()}};
}

// The host that has `address` for its own, or nullptr.
const v1::Host* HostWithAddress(const TopologyIndex& topology,
                                const Address& address) {
  for (const v1::Host* host : topology.hosts()) {
    for (const std::string& text : host->addresses()) {
      const absl::StatusOr<Address> own = Address::Parse(text);
      if (own.ok() && *own == address) return host;
    }
  }
  return nullptr;
}

// A term without prefix that is no test of a label: every reading is tried.
absl::StatusOr<std::vector<Member>> SelectBare(const TopologyIndex& topology,
                                               const SelectorTerm& term) {
  std::vector<std::pair<std::string, Member>> readings;
  if (topology.FindHost(term.body) != nullptr) {
    readings.push_back(
        {absl::StrCat("host:", term.body), {MemberKind::kHost, term.body}});
  }
  if (topology.FindTask(term.body) != nullptr) {
    readings.push_back(
        {absl::StrCat("task:", term.body), {MemberKind::kTask, term.body}});
  }
  const absl::StatusOr<sunder::Prefix> prefix =
      sunder::Prefix::Parse(term.body);
  if (prefix.ok()) {
    readings.push_back({absl::StrCat("cidr:", term.body),
                        {MemberKind::kExternal, prefix->ToString()}});
    const v1::Host* host = prefix->is_single()
                               ? HostWithAddress(topology, prefix->address())
                               : nullptr;
    if (host != nullptr && host->name() != term.body) {
      readings.push_back({absl::StrCat("host:", host->name()),
                          {MemberKind::kHost, host->name()}});
    }
  }
  const bool is_app = topology.FindApp(term.body) != nullptr;
  if (is_app && !readings.empty()) {
    return TwoReadings(term, readings[0].first,
                       absl::StrCat("app:", term.body));
  }
  if (readings.size() > 1) {
    return TwoReadings(term, readings[0].first, readings[1].first);
  }
  if (is_app || absl::StartsWith(term.body, "/")) {
    return SelectApp(topology, term);
  }
  if (!readings.empty()) return std::vector<Member>{readings[0].second};

  std::vector<std::string> known = HostNames(topology);
  for (std::string& id : TaskIds(topology)) known.push_back(std::move(id));
  known.insert(known.end(), topology.apps().begin(), topology.apps().end());
  return NotFound("host or task", term, known);
}

absl::StatusOr<std::vector<Member>> SelectTerm(const TopologyIndex& topology,
                                               const SelectorTerm& term) {
  if (term.label) return SelectByLabel(topology, term);
  switch (term.prefix) {
    case Prefix::kHost:
      return SelectHost(topology, term);
    case Prefix::kApp:
      return SelectApp(topology, term);
    case Prefix::kTask:
      return SelectTask(topology, term);
    case Prefix::kCidr:
      return SelectCidr(term);
    case Prefix::kDns:
      return ErrorWithDetail(
          absl::StatusCode::kUnimplemented,
          absl::StrCat("\"", term.written, "\": names are not resolved yet"),
          "UNSUPPORTED", term.written,
          absl::StrCat("Resolve it yourself and say cidr:ADDRESS, as in: "
                       "getent ahosts ",
                       term.body));
    case Prefix::kNone:
      return SelectBare(topology, term);
  }
  return absl::InternalError("a selector's prefix out of range");
}

}  // namespace

absl::StatusOr<Selection> Select(const TopologyIndex& topology,
                                 absl::string_view selector) {
  const auto terms = ParseSelector(selector);
  if (!terms.ok()) return terms.status();
  Selection selection;
  selection.each_by_name = true;
  absl::flat_hash_set<Member> seen;
  for (const SelectorTerm& term : *terms) {
    absl::StatusOr<std::vector<Member>> members = SelectTerm(topology, term);
    if (!members.ok()) return members.status();
    const bool by_name = !term.label && term.prefix != Prefix::kApp &&
                         topology.FindApp(term.body) == nullptr;
    selection.each_by_name = selection.each_by_name && by_name;
    for (Member& member : *members) {
      if (seen.insert(member).second) {
        selection.members.push_back(std::move(member));
      }
    }
  }
  return selection;
}

}  // namespace sunder::controller
