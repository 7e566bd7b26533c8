#include "cli/render/topology_text.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "cli/render/table.h"
#include "cli/render/words.h"

namespace sunder::cli {
namespace {

// Maps of protos have no order of their own.
std::string LabelsText(
    const google::protobuf::Map<std::string, std::string>& labels) {
  const std::map<std::string, std::string> sorted(labels.begin(), labels.end());
  return absl::StrJoin(sorted, " ", absl::PairFormatter("="));
}

std::string EndpointsText(const v1::Task& task) {
  return absl::StrJoin(task.endpoints(), " ",
                       [](std::string* out, const v1::Endpoint& endpoint) {
                         absl::StrAppend(out, EndpointText(endpoint));
                       });
}

Cell AgentCell(const controller::v1::AgentView* agent) {
  if (agent == nullptr) return Cell("none", Tone::kBad);
  if (!agent->reachable()) return Cell("unreachable", Tone::kBad);
  if (agent->latched()) return Cell("latched", Tone::kWarn);
  if (!agent->missing_features().empty()) {
    return Cell(
        absl::StrCat("lacks ", absl::StrJoin(agent->missing_features(), ", ")),
        Tone::kWarn);
  }
  if (!agent->unknown_faults().empty()) {
    return Cell(
        absl::StrCat("holds ", agent->unknown_faults_size(), " unknown here"),
        Tone::kWarn);
  }
  return Cell("ready", Tone::kGood);
}

std::string ClockText(const controller::v1::AgentView* agent) {
  if (agent == nullptr || !agent->has_clock_uncertainty()) return "";
  return absl::StrCat(
      "+/-",
      ShortDuration(absl::Seconds(agent->clock_uncertainty().seconds()) +
                    absl::Nanoseconds(agent->clock_uncertainty().nanos())));
}

}  // namespace

bool IsRunning(const v1::Task& task) {
  return task.state().empty() || task.state() == "TASK_RUNNING";
}

std::string EndpointText(const v1::Endpoint& endpoint) {
  const std::string protocol = Word(endpoint.protocol());
  const bool is_v6 = endpoint.address().find(':') != std::string::npos;
  return absl::StrCat(protocol.empty() ? "tcp" : protocol, "/",
                      endpoint.address().empty() ? ""
                      : is_v6 ? absl::StrCat("[", endpoint.address(), "]:")
                              : absl::StrCat(endpoint.address(), ":"),
                      endpoint.port());
}

std::string HostsText(const v1::Topology& topology,
                      const controller::v1::ListAgentsResponse& agents,
                      const Style& style) {
  std::map<std::string, const controller::v1::AgentView*> agent_of;
  for (const controller::v1::AgentView& agent : agents.agents()) {
    agent_of[agent.host()] = &agent;
  }
  std::map<std::string, int> tasks_on;
  for (const v1::Task& task : topology.tasks()) ++tasks_on[task.host()];

  if (topology.hosts().empty()) return "No hosts.\n";
  Table table({"HOST", "AGENT", "VERSION", "CLOCK", "TASKS", "ADDRESSES",
               "LABELS", "ERROR"});
  for (const v1::Host& host : topology.hosts()) {
    const auto found = agent_of.find(host.name());
    const controller::v1::AgentView* agent =
        found == agent_of.end() ? nullptr : found->second;
    table.Add({Cell(host.name()), AgentCell(agent),
               Cell(agent == nullptr ? "" : agent->version()),
               Cell(ClockText(agent)),
               Cell(absl::StrCat(tasks_on[host.name()])),
               Cell(absl::StrJoin(host.addresses(), " ")),
               Cell(LabelsText(host.labels())),
               Cell(agent == nullptr ? "" : agent->error(), Tone::kBad)});
  }
  return table.Text(style);
}

std::string AppsText(const v1::Topology& topology, const Style& style) {
  if (topology.apps().empty()) return "No apps.\n";
  std::map<std::string, int> running;
  std::map<std::string, std::set<std::string>> hosts;
  for (const v1::Task& task : topology.tasks()) {
    if (IsRunning(task)) ++running[task.app()];
    if (!task.host().empty()) hosts[task.app()].insert(task.host());
  }
  Table table({"APP", "RUNNING", "ASKED", "NETWORK", "HOSTS", "LABELS"});
  for (const v1::App& app : topology.apps()) {
    const int up = running[app.id()];
    table.Add({Cell(app.id()),
               Cell(absl::StrCat(up),
                    up == app.instances() ? Tone::kGood : Tone::kWarn),
               Cell(absl::StrCat(app.instances())), Cell(Word(app.network())),
               Cell(absl::StrJoin(hosts[app.id()], " ")),
               Cell(LabelsText(app.labels()))});
  }
  return table.Text(style);
}

std::string TasksText(const v1::Topology& topology, const Style& style) {
  if (topology.tasks().empty()) return "No tasks.\n";
  Table table({"TASK", "APP", "HOST", "STATE", "ENDPOINTS", "ADDRESSES",
               "NOT REACHABLE BECAUSE"});
  for (const v1::Task& task : topology.tasks()) {
    const std::string state(absl::StripPrefix(task.state(), "TASK_"));
    table.Add(
        {Cell(task.id()), Cell(task.app()),
         task.host().empty()
             ? Cell(absl::StrCat(task.reported_host(), " (no host of ours)"),
                    Tone::kWarn)
             : Cell(task.host()),
         Cell(state, IsRunning(task) ? Tone::kGood : Tone::kWarn),
         Cell(EndpointsText(task)), Cell(absl::StrJoin(task.addresses(), " ")),
         Cell(task.unreachable_reason(), Tone::kWarn)});
  }
  return table.Text(style);
}

std::string TroublesText(const v1::Topology& topology, const Style& style) {
  std::string text;
  for (const v1::Source& source : topology.sources()) {
    if (source.healthy()) continue;
    absl::StrAppend(&text, style.Paint(Tone::kBad, "not healthy: "),
                    Clean(source.name()), ": ", Clean(source.error()), "\n");
  }
  for (const std::string& warning : topology.warnings()) {
    absl::StrAppend(&text, style.Paint(Tone::kWarn, "warning: "),
                    Clean(warning), "\n");
  }
  return text.empty() ? "" : absl::StrCat("\n", text);
}

}  // namespace sunder::cli
