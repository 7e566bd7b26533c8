#include "controller/api/transition_log.h"

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
  for (const sunder::v1::HostStatus& host : fault.hosts()) {
    sunder::v1::HostState& state = last.hosts[host.host()];
    if (state == host.state()) continue;
    spdlog::log(LevelOf(host),
                "host changed fault={} host={} from={} to={} error=\"{}\"",
                fault.id(), host.host(), Word(state), Word(host.state()),
                absl::Utf8SafeCEscape(host.error()));
    state = host.state();
  }
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
