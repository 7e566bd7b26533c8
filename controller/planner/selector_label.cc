#include "controller/planner/selector_label.h"

#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/error_detail.h"
#include "common/task_state.h"
#include "controller/planner/suggest.h"

namespace sunder::controller {
namespace {

using Prefix = SelectorTerm::Prefix;
using Labels = google::protobuf::Map<std::string, std::string>;

bool Matches(const LabelTest& test, const Labels& labels) {
  const auto found = labels.find(test.key);
  if (found == labels.end()) return false;
  const bool listed = std::find(test.values.begin(), test.values.end(),
                                found->second) != test.values.end();
  return listed != test.negated;
}

std::vector<Member> MatchingHosts(const TopologyIndex& topology,
                                  const LabelTest& test) {
  std::vector<Member> members;
  for (const v1::Host* host : topology.hosts()) {
    if (Matches(test, host->labels())) {
      members.push_back({MemberKind::kHost, host->name()});
    }
  }
  return members;
}

std::vector<Member> MatchingTasks(const TopologyIndex& topology,
                                  const LabelTest& test) {
  std::vector<Member> members;
  for (const v1::Task* task : topology.tasks()) {
    if (!HasEnded(*task) && Matches(test, task->labels())) {
      members.push_back({MemberKind::kTask, task->id()});
    }
  }
  return members;
}

absl::Status NoMatch(const TopologyIndex& topology, const SelectorTerm& term) {
  std::set<std::string> keys, values;
  const auto learn = [&](const Labels& labels) {
    for (const auto& [key, value] : labels) {
      keys.insert(key);
      if (key == term.label->key) values.insert(value);
    }
  };
  if (term.prefix != Prefix::kTask && term.prefix != Prefix::kApp) {
    for (const v1::Host* host : topology.hosts()) learn(host->labels());
  }
  if (term.prefix != Prefix::kHost) {
    for (const v1::Task* task : topology.tasks()) learn(task->labels());
  }
  std::string advice;
  if (!values.empty()) {
    advice = absl::StrCat(
        term.label->key, " is one of: ",
        ListNames(std::vector<std::string>(values.begin(), values.end())));
  } else if (!keys.empty()) {
    advice = absl::StrCat(
        "The labels that are there: ",
        ListNames(std::vector<std::string>(keys.begin(), keys.end())));
  } else {
    advice = "Nothing has labels; give hosts some in the inventory";
  }
  return ErrorWithDetail(absl::StatusCode::kNotFound,
                         absl::StrCat("nothing matches \"", term.written, "\""),
                         "NOT_FOUND", term.written, advice);
}

}  // namespace

absl::StatusOr<std::vector<Member>> SelectByLabel(const TopologyIndex& topology,
                                                  const SelectorTerm& term) {
  if (term.prefix == Prefix::kCidr || term.prefix == Prefix::kDns) {
    return ErrorWithDetail(
        absl::StatusCode::kInvalidArgument,
        absl::StrCat("\"", term.written, "\": addresses have no labels"),
        "BAD_SELECTOR", term.written,
        "Write cidr:10.0.0.0/8, or a label alone");
  }
  std::vector<Member> hosts, tasks;
  if (term.prefix == Prefix::kNone || term.prefix == Prefix::kHost) {
    hosts = MatchingHosts(topology, *term.label);
  }
  if (term.prefix != Prefix::kHost) {
    tasks = MatchingTasks(topology, *term.label);
  }
  if (!hosts.empty() && !tasks.empty()) {
    const std::string as_hosts = absl::StrCat("host:", term.body);
    const std::string as_tasks = absl::StrCat("task:", term.body);
    return ErrorWithDetail(
        absl::StatusCode::kInvalidArgument,
        absl::StrCat("\"", term.written, "\" has two readings: ", as_hosts,
                     " (", hosts.size(), " hosts) and ", as_tasks, " (",
                     tasks.size(), " tasks)"),
        "AMBIGUOUS", term.written,
        absl::StrCat("Say ", as_hosts, " or ", as_tasks));
  }
  if (hosts.empty() && tasks.empty()) return NoMatch(topology, term);
  return hosts.empty() ? tasks : hosts;
}

}  // namespace sunder::controller
