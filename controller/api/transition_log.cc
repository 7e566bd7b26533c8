#include "controller/api/transition_log.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "common/log.h"

namespace sunder::controller {
namespace {

// "FAULT_STATE_IN_FORCE" without what is the same in each.
std::string Word(const std::string& name, size_t prefix) {
  return name.substr(prefix);
}

std::string Word(sunder::v1::FaultState state) {
  return Word(sunder::v1::FaultState_Name(state), sizeof "FAULT_STATE_" - 1);
}

std::string Word(sunder::v1::HostState state) {
  return Word(sunder::v1::HostState_Name(state), sizeof "HOST_STATE_" - 1);
}

spdlog::level::level_enum LevelOf(sunder::v1::FaultState state) {
  const bool is_bad = state == sunder::v1::FAULT_STATE_PARTIAL ||
                      state == sunder::v1::FAULT_STATE_EXPIRED ||
                      state == sunder::v1::FAULT_STATE_FAILED;
  return is_bad ? spdlog::level::warn : spdlog::level::info;
}

// UNKNOWN alone is how every heal begins; with an error it is news.
spdlog::level::level_enum LevelOf(const sunder::v1::HostStatus& host) {
  return host.error().empty() ? spdlog::level::info : spdlog::level::warn;
}

}  // namespace

void TransitionLog::Saw(const sunder::v1::Fault& fault) {
  Last& last = last_[fault.id()];
  decltype(last.hosts) hosts;
  for (const sunder::v1::HostStatus& host : fault.hosts()) {
    const std::pair key(host.host(), host.generation());
    const sunder::v1::HostState before = last.hosts[key];
    hosts[key] = host.state();
    if (before == host.state()) continue;
    spdlog::log(LevelOf(host),
                "host changed fault={} host={} generation={} from={} to={} "
                "error=\"{}\"",
                fault.id(), host.host(), host.generation(), Word(before),
                Word(host.state()), absl::Utf8SafeCEscape(host.error()));
  }
  last.hosts = std::move(hosts);
  if (last.state == fault.state()) return;
  spdlog::log(LevelOf(fault.state()),
              "fault changed fault={} name=\"{}\" owner=\"{}\" from={} to={} "
              "reason=\"{}\"",
              fault.id(), absl::Utf8SafeCEscape(fault.spec().name()),
              absl::Utf8SafeCEscape(fault.spec().owner()), Word(last.state),
              Word(fault.state()), absl::Utf8SafeCEscape(fault.reason()));
  last.state = fault.state();
}

void TransitionLog::Forget(const std::string& fault_id) {
  last_.erase(fault_id);
}

}  // namespace sunder::controller
