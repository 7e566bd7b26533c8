#include "tests/simulation/invariants.h"

#include <algorithm>

#include "controller/core/core.h"
#include "gtest/gtest.h"

namespace sunder::simulation {
namespace {

std::set<std::string> SourcesOf(const sunder::v1::HostPlan& plan) {
  std::set<std::string> sources;
  for (const auto& flow : plan.flows()) {
    sources.insert(flow.sources().begin(), flow.sources().end());
  }
  return sources;
}

}  // namespace

void Invariants::Declared(const std::string& id, const sunder::v1::Plan& plan,
                          const Nodes& nodes, bool may_be_partial) {
  Tracked& fault = faults_[id];
  fault.may_be_partial = may_be_partial;
  for (Node* node : nodes) fault.hosts[node->name()].node = node;
  for (const auto& host : plan.hosts()) {
    fault.hosts.at(host.host()).stayers = SourcesOf(host);
  }
}

void Invariants::MembersMoved(const std::string& id,
                              const sunder::v1::Plan& plan) {
  for (auto& [name, on] : faults_.at(id).hosts) {
    std::set<std::string> now;
    for (const auto& host : plan.hosts()) {
      if (host.host() == name) now = SourcesOf(host);
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
  if (const auto* arm = std::get_if<agent::v1::ArmRequest>(&call.request)) {
    if (Gate* gate = note(*arm)) {
      gate->start = AgentInstant::FromNanos(arm->start_ns());
      gate->end = AgentInstant::FromNanos(arm->end_ns());
    }
  } else if (const auto* alive =
                 std::get_if<agent::v1::KeepAliveRequest>(&call.request)) {
    if (const Gate* gate = note(*alive)) {
      // The end was told by the clock as it was known when it was armed.
      EXPECT_LE(AgentInstant::FromNanos(alive->expiry_ns()) - gate->end,
                absl::Milliseconds(5))
          << host << " is asked to hold " << alive->fault_id()
          << " beyond its end";
    }
  }
}

void Invariants::WallClockStepped(const std::string& host) {
  for (auto& [id, fault] : faults_) {
    OnHost& on = fault.hosts.at(host);
    on.dropping = false;
    for (auto& [generation, gate] : on.gates) gate.dropping = false;
  }
}

void Invariants::CheckKernels(Now now) {
  for (auto& [id, fault] : faults_) {
    for (auto& [name, on] : fault.hosts) {
      CheckGates(id, name, on, fault.final, now);
    }
    CheckStayers(id, fault, now);
  }
}

void Invariants::CheckGates(const std::string& id, const std::string& name,
                            OnHost& on, bool final, Now now) {
  const auto local = AgentInstant::FromNanos(on.node->local_now().nanos());
  for (auto& [generation, gate] : on.gates) {
    const bool drops = on.node->host().kernel().Drops(id, generation);
    if (drops) {
      EXPECT_LT(local, gate.allowed) << id << " outlives its lease on " << name;
      EXPECT_LT(local, gate.end) << id << " outlives its end on " << name;
      if (!Blind(name, now)) {
        EXPECT_GE(local, gate.start) << id << " came too early on " << name;
      }
      EXPECT_FALSE(gate.stopped) << id << " came back on " << name;
      EXPECT_FALSE(final) << id << " drops on " << name
                          << " after it was said to be over";
    } else if (gate.dropping) {
      gate.stopped = true;
    }
    gate.dropping = drops;
  }
}

// Who is in every plan of the fault is cut without a pause, and on all hosts
// alike.
void Invariants::CheckStayers(const std::string& id, Tracked& fault, Now now) {
  size_t dropping = 0, hosts = 0;
  for (auto& [name, on] : fault.hosts) {
    if (on.stayers.empty()) continue;
    const auto& kernel = on.node->host().kernel();
    const bool drops = std::all_of(on.stayers.begin(), on.stayers.end(),
                                   [&, &id = id](const std::string& source) {
                                     return kernel.DropsFrom(id, source);
                                   });
    ++hosts;
    dropping += drops ? 1 : 0;
    if (drops) {
      // The next generation may open after the former one was healed away.
      EXPECT_FALSE(on.stopped && !fault.healing)
          << id << " let stayers through on " << name;
    } else if (on.dropping) {
      on.stopped = true;
    }
    on.dropping = drops;
  }
  if (dropping == 0 || dropping == hosts) {
    fault.partial_since.reset();
    return;
  }
  if (!fault.partial_since) fault.partial_since = now;
  const absl::Duration partial = now - *fault.partial_since;
  fault.longest_partial = std::max(fault.longest_partial, partial);
  if (!fault.may_be_partial) {
    EXPECT_LE(partial, PartialLimit(fault)) << id << " is partial too long";
  }
}

absl::Duration Invariants::PartialLimit(const Tracked& fault) const {
  const bool interfered = std::any_of(
      fault.hosts.begin(), fault.hosts.end(), [&](const auto& host) {
        return Blind(host.first, *fault.partial_since);
      });
  return lease_ + (interfered ? interval_ : absl::ZeroDuration()) + kTolerance;
}

void Invariants::CheckView(const sunder::v1::Fault& view, Now now) {
  const auto it = faults_.find(view.id());
  if (it == faults_.end()) return;
  Tracked& fault = it->second;
  if (controller::IsFinal(view.state())) fault.final = true;
  if (view.state() == sunder::v1::FAULT_STATE_HEALING) fault.healing = true;
  const bool whole = view.state() == sunder::v1::FAULT_STATE_IN_FORCE;
  for (const auto& status : view.hosts()) {
    const OnHost& on = fault.hosts.at(status.host());
    if (Blind(status.host(), now)) continue;
    const bool drops =
        on.node->host().kernel().Drops(view.id(), status.generation());
    if ((whole && status.generation() == view.generation()) ||
        status.state() == sunder::v1::HOST_STATE_IN_FORCE) {
      EXPECT_TRUE(drops) << view.id() << " is said to be in force on "
                         << status.host() << "\n"
                         << view.ShortDebugString();
    }
    if (status.state() == sunder::v1::HOST_STATE_HEALED ||
        status.state() == sunder::v1::HOST_STATE_EXPIRED) {
      EXPECT_FALSE(drops) << view.id() << " is said to be over on "
                          << status.host() << "\n"
                          << view.ShortDebugString();
    }
  }
  if (!whole) return;
  // Hosts that hold other generations are not to be called whole.
  for (const auto& [name, on] : fault.hosts) {
    if (Blind(name, now)) continue;
    for (const auto& [generation, gate] : on.gates) {
      if (generation == view.generation()) continue;
      EXPECT_FALSE(on.node->host().kernel().Drops(view.id(), generation))
          << view.id() << " is said to be whole, but " << name
          << " also drops by generation " << generation;
    }
  }
}

bool Invariants::Blind(const std::string& host, Now now) const {
  const auto until = blind_until_.find(host);
  return until != blind_until_.end() && now < until->second;
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
