#include "tests/simulation/invariants.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "controller/core/core.h"

namespace sunder::simulation {
namespace {

template <typename Flows>
std::set<std::string> SourcesOf(const Flows& flows) {
  std::set<std::string> sources;
  for (const auto& flow : flows) {
    sources.insert(flow.sources().begin(), flow.sources().end());
  }
  return sources;
}

}  // namespace

void Invariants::Declared(const std::string& id, const sunder::v1::Plan& plan,
                          bool may_be_partial) {
  Tracked& fault = faults_[id];
  fault.may_be_partial = may_be_partial;
  for (Node* node : nodes_) fault.hosts[node->name()].node = node;
  for (const auto& host : plan.hosts()) {
    fault.hosts.at(host.host()).stayers = SourcesOf(host.flows());
  }
}

void Invariants::MembersMoved(const std::string& id,
                              const sunder::v1::Plan& plan) {
  for (auto& [name, on] : faults_.at(id).hosts) {
    std::set<std::string> now;
    for (const auto& host : plan.hosts()) {
      if (host.host() == name) now = SourcesOf(host.flows());
    }
    std::erase_if(on.stayers, [&now](const std::string& source) {
      return !now.contains(source);
    });
  }
}

Invariants::Gate* Invariants::Find(const std::string& id,
                                   const std::string& host,
                                   uint64_t generation) {
  const auto fault = faults_.find(id);
  if (fault == faults_.end()) return nullptr;
  return &fault->second.hosts.at(host).gates[generation];
}

void Invariants::Sent(const std::string& host, const controller::Call& call) {
  const auto note = [&](const auto& request) -> Gate* {
    Gate* gate = Find(request.fault_id(), host, request.generation());
    if (gate == nullptr) return nullptr;
    const auto expiry = AgentInstant::FromNanos(request.expiry_ns());
    gate->allowed = std::max(gate->allowed, expiry);
    return gate;
  };
  if (const auto* stage = std::get_if<agent::v1::StageRequest>(&call.request)) {
    Gate* gate = Find(stage->fault_id(), host, stage->generation());
    if (gate != nullptr) gate->sent.insert(SourcesOf(stage->flows()));
  } else if (const auto* arm =
                 std::get_if<agent::v1::ArmRequest>(&call.request)) {
    if (Gate* gate = note(*arm)) {
      gate->start = AgentInstant::FromNanos(arm->start_ns());
      gate->end = AgentInstant::FromNanos(arm->end_ns());
    }
  } else if (const auto* alive =
                 std::get_if<agent::v1::KeepAliveRequest>(&call.request)) {
    const Gate* gate = note(*alive);
    // The end was told by the clock as it was known when it was armed, and the
    // agent keeps to it.
    if (gate != nullptr && gate->end != AgentInstant() &&
        AgentInstant::FromNanos(alive->expiry_ns()) - gate->end >
            2 * max_uncertainty_) {
      Violated(absl::StrCat(host, " is asked to hold ", alive->fault_id(),
                            " beyond its end"));
    }
  }
}

void Invariants::Interfered(const std::string& host, Now now,
                            absl::Duration blindness) {
  Extend(blind_until_[host], now + blindness);
  Extend(agent_blind_until_[host], now + blindness);
}

void Invariants::StoodStill(const std::string& host) {
  for (auto& [id, fault] : faults_) {
    const auto it = fault.hosts.find(host);
    if (it == fault.hosts.end()) continue;
    OnHost& on = it->second;
    on.may_begin_late = true;
    on.node->host().kernel().ForEach([&, &id = id](const auto& table) {
      if (table.key.fault_id != id || table.state != agent::GateState::kTimed) {
        return;
      }
      on.gates[table.key.generation].stopped = false;
      on.stopped = false;
    });
  }
}

void Invariants::MayPause(const std::string& host) {
  for (auto& [id, fault] : faults_) {
    OnHost& on = fault.hosts.at(host);
    on.dropping = false;
    for (auto& [generation, gate] : on.gates) gate.dropping = false;
  }
}

void Invariants::Rebooted(const std::string& host) {
  for (auto& [id, fault] : faults_) {
    for (auto& [generation, gate] : fault.hosts.at(host).gates) {
      gate.allowed = gate.start = gate.end = AgentInstant();
    }
  }
}

void Invariants::Suspended(const std::string& host, Now now, absl::Duration d) {
  Interfered(host, now);
  Now& until = outlasts_until_[host];
  until = std::max(until, now + lease_ + kTolerance);
  for (auto& [id, fault] : faults_) {
    fault.partial_since.reset();
    for (auto& [generation, gate] : fault.hosts.at(host).gates) {
      if (gate.end == AgentInstant()) continue;  // Not since it rebooted.
      gate.allowed = gate.allowed + d;
      gate.end = gate.end + d;
    }
  }
}

void Invariants::CheckKernels(Now now) {
  for (const Node* node : nodes_) CheckTables(*node, now);
  for (auto& [id, fault] : faults_) {
    if (fault.over) continue;
    bool drops = false;
    for (auto& [name, on] : fault.hosts) {
      drops = CheckGates(id, name, on, fault, now) || drops;
    }
    CheckStayers(id, fault, now);
    fault.over = fault.final && !drops;
  }
}

void Invariants::CheckTables(const Node& node, Now now) {
  node.host().kernel().ForEach([&](const agent::ModelKernel::Seen& table) {
    const std::string& id = table.key.fault_id;
    const auto is = [&](const auto&... what) {
      Violated(absl::StrCat(id, ", generation ", table.key.generation, ", ",
                            what..., " on ", node.name()));
    };
    const auto fault = faults_.find(id);
    if (fault == faults_.end()) return is("was never declared and is");
    const auto& gates = fault->second.hosts.at(node.name()).gates;
    const auto gate = gates.find(table.key.generation);
    if (gate == gates.end()) return is("was never sent and is");
    if (!gate->second.sent.contains(table.sources)) is("is not what was sent");
    const auto outlasts = outlasts_until_.find(node.name());
    const bool slept =
        outlasts != outlasts_until_.end() && now < outlasts->second;
    if (table.drops && node.host().kernel().latched) {
      is("drops under the latch");
    }
    if (table.drops && fault->second.over && !node.suspended && !slept) {
      is("was over and drops");
    }
  });
}

bool Invariants::CheckGates(const std::string& id, const std::string& name,
                            OnHost& on, const Tracked& fault, Now now) {
  if (on.node->suspended) return false;  // Nothing happens there.
  const auto local = AgentInstant::FromNanos(on.node->local_now().nanos());
  const auto outlasts = outlasts_until_.find(name);
  const bool slept =
      outlasts != outlasts_until_.end() && now < outlasts->second;
  bool any = false;
  for (auto& [generation, gate] : on.gates) {
    const bool drops = on.node->host().kernel().Drops(id, generation);
    if (drops) {
      const auto it = [&, &generation = generation](const char* what) {
        Violated(absl::StrCat(id, ", generation ", generation, ", ", what,
                              " on ", name));
      };
      if (local >= gate.allowed) it("outlives its lease");
      if (local >= gate.end) it("outlives its end");
      if (local < gate.start && !Blind(name, now)) it("came too early");
      if (gate.stopped) it("came back");
      if (fault.final && !slept) it("drops after it was said to be over");
    } else if (gate.dropping) {
      gate.stopped = true;
    }
    gate.dropping = drops;
    any = any || drops;
  }
  return any;
}

// Who is in every plan of the fault is cut without a pause, and on all hosts
// alike.
void Invariants::CheckStayers(const std::string& id, Tracked& fault, Now now) {
  size_t dropping = 0, hosts = 0;
  for (auto& [name, on] : fault.hosts) {
    // To one that sleeps nothing comes, dropped or not.
    if (on.stayers.empty() || on.node->suspended) continue;
    ++hosts;
    const auto& kernel = on.node->host().kernel();
    const bool drops = std::all_of(on.stayers.begin(), on.stayers.end(),
                                   [&, &id = id](const std::string& source) {
                                     return kernel.DropsFrom(id, source);
                                   });
    dropping += drops ? 1 : 0;
    if (drops && !on.began) on.began = now;
    if (drops) {
      // The next generation may open after the former one was healed away.
      if (on.stopped && !fault.healing) {
        Violated(absl::StrCat(id, " let stayers through on ", name));
      }
    } else if (on.dropping) {
      on.stopped = true;
    }
    on.dropping = drops;
  }
  if (dropping > 0 && dropping == hosts && !fault.whole) {
    fault.whole = true;
    CheckStart(id, fault, now);
  }
  if (dropping == 0 || dropping == hosts) {
    fault.partial_since.reset();
    return;
  }
  if (!fault.partial_since) fault.partial_since = now;
  const absl::Duration partial = now - *fault.partial_since;
  fault.longest_partial = std::max(fault.longest_partial, partial);
  if (!fault.may_be_partial && partial > PartialLimit(fault)) {
    Violated(absl::StrCat(id, " is partial too long, for ",
                          absl::FormatDuration(partial)));
  }
}

void Invariants::CheckStart(const std::string& id, const Tracked& fault,
                            Now now) {
  Now first = now, last;
  for (const auto& [name, on] : fault.hosts) {
    if (Blind(name, now) || on.may_begin_late) return;
    if (on.stayers.empty() || !on.began) continue;
    first = std::min(first, *on.began);
    last = std::max(last, *on.began);
  }
  // Each clock is known so well.
  if (last - first > 2 * max_uncertainty_) {
    Violated(absl::StrCat(id, " began on its hosts within ",
                          absl::FormatDuration(last - first)));
  }
}

absl::Duration Invariants::PartialLimit(const Tracked& fault) const {
  const absl::Duration uncertainty = kTolerance + 2 * slowest_;
  if (!fault.whole) return never_whole_ + uncertainty;
  const bool interfered = std::any_of(
      fault.hosts.begin(), fault.hosts.end(), [&](const auto& host) {
        return Blind(host.first, *fault.partial_since);
      });
  return lease_ + (interfered ? interval_ : absl::ZeroDuration()) + uncertainty;
}

void Invariants::CheckView(const sunder::v1::Fault& view, Now now) {
  const auto it = faults_.find(view.id());
  if (it == faults_.end()) return;
  Tracked& fault = it->second;
  if (controller::IsFinal(view.state())) fault.final = true;
  if (view.state() == sunder::v1::FAULT_STATE_HEALING) fault.healing = true;
  for (const auto& status : view.hosts()) {
    if (Blind(status.host(), now)) continue;
    CheckStatus(view, status, fault.hosts.at(status.host()));
  }
  if (view.state() != sunder::v1::FAULT_STATE_IN_FORCE) return;
  for (const auto& status : view.hosts()) {
    if (status.generation() != view.generation()) continue;
    if (status.state() == sunder::v1::HOST_STATE_IN_FORCE) continue;
    Violated(absl::StrCat(view.id(), " is said to be in force, but on ",
                          status.host(), " it is ",
                          sunder::v1::HostState_Name(status.state())));
  }
  // Hosts that hold other generations are not to be called whole.
  for (const auto& [name, on] : fault.hosts) {
    if (Blind(name, now)) continue;
    for (const auto& [generation, gate] : on.gates) {
      if (generation == view.generation()) continue;
      if (!on.node->host().kernel().Drops(view.id(), generation)) continue;
      Violated(absl::StrCat(view.id(), " is said to be whole, but ", name,
                            " also drops by generation ", generation));
    }
  }
}

void Invariants::CheckStatus(const sunder::v1::Fault& view,
                             const sunder::v1::HostStatus& status,
                             const OnHost& on) {
  const bool drops =
      on.node->host().kernel().Drops(view.id(), status.generation());
  const bool whole = view.state() == sunder::v1::FAULT_STATE_IN_FORCE &&
                     status.generation() == view.generation();
  const auto state = status.state();
  if (!drops && (whole || state == sunder::v1::HOST_STATE_IN_FORCE)) {
    Violated(absl::StrCat(view.id(), ", generation ", status.generation(),
                          ", is said to be in force on ", status.host(),
                          " and drops nothing"));
  }
  if (drops && (state == sunder::v1::HOST_STATE_HEALED ||
                state == sunder::v1::HOST_STATE_EXPIRED)) {
    Violated(absl::StrCat(view.id(), ", generation ", status.generation(),
                          ", is said to be over on ", status.host(),
                          " and drops"));
  }
}

void Invariants::CheckSaid(const std::string& host, const agent::v1::Held& held,
                           Now now) {
  const auto fault = faults_.find(held.fault_id());
  if (fault == faults_.end() || AgentBlind(host, now)) return;
  const Node& node = *fault->second.hosts.at(host).node;
  const bool drops =
      node.host().kernel().Drops(held.fault_id(), held.generation());
  const bool lasts =
      node.local_now() < BootInstant::FromNanos(held.expiry_ns());
  if (held.state() == agent::v1::STATE_IN_FORCE && lasts && !drops) {
    Violated(absl::StrCat("the agent of ", host, " says that ", held.fault_id(),
                          " is in force, and nothing drops"));
  }
  const bool over = held.state() == agent::v1::STATE_HEALED ||
                    held.state() == agent::v1::STATE_EXPIRED;
  if (over && drops) {
    Violated(absl::StrCat("the agent of ", host, " says that ", held.fault_id(),
                          " is over, and it drops"));
  }
}

bool Invariants::Blind(const std::string& host, Now now) const {
  const auto until = blind_until_.find(host);
  return until != blind_until_.end() && now < until->second;
}

bool Invariants::AgentBlind(const std::string& host, Now now) const {
  const auto until = agent_blind_until_.find(host);
  return until != agent_blind_until_.end() && now < until->second;
}

bool Invariants::ever_dropped(const std::string& id) const {
  for (const auto& [name, on] : faults_.at(id).hosts) {
    for (const auto& [generation, gate] : on.gates) {
      if (gate.dropping || gate.stopped) return true;
    }
  }
  return false;
}

}  // namespace sunder::simulation
