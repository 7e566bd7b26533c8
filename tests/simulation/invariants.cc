#include "tests/simulation/invariants.h"

#include <algorithm>

#include "controller/core/core.h"
#include "gtest/gtest.h"

namespace sunder::simulation {
void Invariants::Declared(const std::string& id,
                          const std::vector<Node*>& hosts,
                          bool may_be_partial) {
  Tracked& fault = faults_[id];
  fault.may_be_partial = may_be_partial;
  for (Node* node : hosts) fault.hosts[node->name()].node = node;
}

void Invariants::Sent(const std::string& host, const controller::Call& call) {
  const auto note = [&](const std::string& id, int64_t expiry) -> OnHost* {
    const auto fault = faults_.find(id);
    if (fault == faults_.end()) return nullptr;
    OnHost& on = fault->second.hosts[host];
    on.allowed = std::max(on.allowed, AgentInstant::FromNanos(expiry));
    return &on;
  };
  if (const auto* arm = std::get_if<agent::v1::ArmRequest>(&call.request)) {
    if (OnHost* on = note(arm->fault_id(), arm->expiry_ns())) {
      on->start = AgentInstant::FromNanos(arm->start_ns());
      on->end = AgentInstant::FromNanos(arm->end_ns());
    }
  } else if (const auto* alive =
                 std::get_if<agent::v1::KeepAliveRequest>(&call.request)) {
    note(alive->fault_id(), alive->expiry_ns());
  }
}

void Invariants::WallClockStepped(const std::string& host) {
  for (auto& [id, fault] : faults_) {
    const auto on = fault.hosts.find(host);
    if (on != fault.hosts.end()) on->second.dropping = false;
  }
}

void Invariants::CheckKernels(Now now) {
  for (auto& [id, fault] : faults_) {
    size_t dropping = 0;
    for (auto& [name, on] : fault.hosts) {
      const bool drops = on.node->host().kernel().Drops(id);
      const auto local = AgentInstant::FromNanos(on.node->local_now().nanos());
      if (drops) {
        ++dropping;
        EXPECT_LT(local, on.allowed) << id << " outlives its lease on " << name;
        EXPECT_LT(local, on.end) << id << " outlives its end on " << name;
        if (!Blind(name, now)) {
          EXPECT_GE(local, on.start) << id << " came too early on " << name;
        }
        EXPECT_FALSE(on.stopped) << id << " came back on " << name;
        EXPECT_FALSE(fault.final)
            << id << " drops on " << name << " after it was said to be over";
      } else if (on.dropping) {
        on.stopped = true;
      }
      on.dropping = drops;
    }
    if (dropping == 0 || dropping == fault.hosts.size()) {
      fault.partial_since.reset();
      continue;
    }
    if (!fault.partial_since) fault.partial_since = now;
    const absl::Duration partial = now - *fault.partial_since;
    fault.longest_partial = std::max(fault.longest_partial, partial);
    if (!fault.may_be_partial) {
      EXPECT_LE(partial, partial_limit) << id << " is partial too long";
    }
  }
}

void Invariants::CheckView(const sunder::v1::Fault& view, Now now) {
  const auto it = faults_.find(view.id());
  if (it == faults_.end()) return;
  Tracked& fault = it->second;
  if (controller::IsFinal(view.state())) fault.final = true;
  const bool whole = view.state() == sunder::v1::FAULT_STATE_IN_FORCE;
  for (const auto& status : view.hosts()) {
    const OnHost& on = fault.hosts.at(status.host());
    if (Blind(status.host(), now)) continue;
    if (whole || status.state() == sunder::v1::HOST_STATE_IN_FORCE) {
      EXPECT_TRUE(on.node->host().kernel().Drops(view.id()))
          << view.id() << " is said to be in force on " << status.host() << "\n"
          << view.ShortDebugString();
    }
    if (status.state() == sunder::v1::HOST_STATE_HEALED ||
        status.state() == sunder::v1::HOST_STATE_EXPIRED) {
      EXPECT_FALSE(on.node->host().kernel().Drops(view.id()))
          << view.id() << " is said to be over on " << status.host() << "\n"
          << view.ShortDebugString();
    }
  }
}

bool Invariants::Blind(const std::string& host, Now now) const {
  const auto until = blind_until_.find(host);
  return until != blind_until_.end() && now < until->second;
}

bool Invariants::ever_dropped(const std::string& id) const {
  const auto& hosts = faults_.at(id).hosts;
  return std::any_of(hosts.begin(), hosts.end(), [](const auto& entry) {
    return entry.second.dropping || entry.second.stopped;
  });
}

}  // namespace sunder::simulation
