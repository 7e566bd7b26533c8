#include "cli/render/topology_tree.h"

#include <map>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/render/topology_text.h"
#include "cli/render/words.h"

namespace sunder::cli {
namespace {

// Labels that place a host, the widest first.
constexpr const char* kPlaces[] = {"region", "zone", "rack"};

// Where a host stands, by the labels that it has: {"zone a", "rack r1"}.
std::vector<std::string> PlaceOf(const v1::Host& host) {
  std::vector<std::string> place;
  for (const char* key : kPlaces) {
    const auto found = host.labels().find(key);
    if (found != host.labels().end()) {
      place.push_back(absl::StrCat(key, " ", Clean(found->second)));
    }
  }
  return place;
}

std::string OtherLabels(const v1::Host& host) {
  std::map<std::string, std::string> others(host.labels().begin(),
                                            host.labels().end());
  for (const char* key : kPlaces) others.erase(key);
  return Clean(absl::StrJoin(others, " ", absl::PairFormatter("=")));
}

std::string TaskLine(const v1::Task& task, const std::string& indent) {
  std::string line =
      absl::StrCat(indent, Clean(task.id()), "  ", Clean(task.app()));
  for (const v1::Endpoint& endpoint : task.endpoints()) {
    absl::StrAppend(&line, "  ", Clean(EndpointText(endpoint)));
  }
  if (!IsRunning(task)) {
    absl::StrAppend(&line, "  ", Clean(task.state()));
  }
  return absl::StrCat(line, "\n");
}

class Tree {
 public:
  Tree(const v1::Topology& topology,
       const controller::v1::ListAgentsResponse& agents, const Style& style)
      : topology_(topology), style_(style) {
    for (const controller::v1::AgentView& agent : agents.agents()) {
      if (agent.reachable()) reachable_.insert(agent.host());
    }
  }

  std::string Text() {
    // An ordered map by place keeps what stands together together.
    std::map<std::vector<std::string>, std::vector<const v1::Host*>> by_place;
    for (const v1::Host& host : topology_.hosts()) {
      by_place[PlaceOf(host)].push_back(&host);
    }
    std::vector<std::string> above;
    for (const auto& [place, hosts] : by_place) {
      AddPlace(above, place);
      above = place;
      for (const v1::Host* host : hosts) AddHost(*host, place.size());
    }
    AddStrays();
    return text_;
  }

 private:
  static std::string Indent(size_t depth) {
    return std::string(2 * depth, ' ');
  }

  void AddPlace(const std::vector<std::string>& above,
                const std::vector<std::string>& place) {
    bool same = true;
    for (size_t i = 0; i < place.size(); ++i) {
      same = same && i < above.size() && above[i] == place[i];
      if (same) continue;
      absl::StrAppend(&text_, Indent(i), style_.Paint(Tone::kFaint, place[i]),
                      "\n");
    }
  }

  void AddHost(const v1::Host& host, size_t depth) {
    absl::StrAppend(&text_, Indent(depth),
                    style_.Paint(Tone::kStrong, Clean(host.name())), "  ",
                    Clean(absl::StrJoin(host.addresses(), " ")));
    if (const std::string labels = OtherLabels(host); !labels.empty()) {
      absl::StrAppend(&text_, "  ", labels);
    }
    if (reachable_.count(host.name()) == 0) {
      absl::StrAppend(&text_, "  ",
                      style_.Paint(Tone::kBad, "agent unreachable"));
    }
    text_ += '\n';
    for (const v1::Task& task : topology_.tasks()) {
      if (task.host() == host.name()) {
        absl::StrAppend(&text_, TaskLine(task, Indent(depth + 1)));
      }
    }
  }

  void AddStrays() {
    bool titled = false;
    for (const v1::Task& task : topology_.tasks()) {
      if (!task.host().empty()) continue;
      if (!titled) {
        absl::StrAppend(&text_, style_.Paint(Tone::kWarn, "on no host of ours"),
                        "\n");
        titled = true;
      }
      absl::StrAppend(&text_, TaskLine(task, Indent(1)));
    }
  }

  const v1::Topology& topology_;
  const Style& style_;
  std::set<std::string> reachable_;
  std::string text_;
};

}  // namespace

std::string TopologyTree(const v1::Topology& topology,
                         const controller::v1::ListAgentsResponse& agents,
                         const Style& style) {
  if (topology.hosts().empty() && topology.tasks().empty()) {
    return "Nothing is there.\n";
  }
  return Tree(topology, agents, style).Text();
}

}  // namespace sunder::cli
