#include "controller/kills/protected.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/address.h"

namespace sunder::controller {
namespace {

constexpr absl::string_view kEverywhere = "*";

struct HostPort {
  std::string host;  // A name, an address, or kEverywhere.
  uint32_t port = 0;
};

// nullopt: no TCP target.
std::optional<HostPort> Split(absl::string_view target) {
  const size_t colon = target.rfind(':');
  HostPort result;
  if (absl::StartsWith(target, "unix:") || colon == absl::string_view::npos ||
      !absl::SimpleAtoi(target.substr(colon + 1), &result.port)) {
    return std::nullopt;
  }
  absl::string_view host = target.substr(0, colon);
  host = host.substr(host.rfind('/') + 1);  // "dns:///name:port"
  absl::ConsumePrefix(&host, "[");
  absl::ConsumeSuffix(&host, "]");
  const absl::StatusOr<Address> address = Address::Parse(host);
  result.host = address.ok() ? address->ToString() : std::string(host);
  if (result.host == "0.0.0.0" || result.host == "::") {
    result.host = std::string(kEverywhere);
  }
  return result;
}

bool IsHost(const sunder::v1::Host& host, const std::string& text) {
  if (host.name() == text) return true;
  for (const std::string& address : host.addresses()) {
    if (address == text) return true;
  }
  return false;
}

}  // namespace

ProtectedTasks::ProtectedTasks(const sunder::v1::Topology& topology,
                               const std::vector<std::string>& own_targets,
                               OwnTask own_task)
    : own_task_(std::move(own_task)) {
  for (const std::string& target : own_targets) {
    Protect(topology, target, "the controller");
  }
  for (const sunder::v1::Host& host : topology.hosts()) {
    const std::string what = absl::StrCat("the agent of ", host.name());
    const std::optional<HostPort> target = Split(host.agent());
    if (!target) continue;
    // Whatever name the target uses, the agent is on this host.
    owners_.try_emplace({host.name(), target->port}, what);
    owners_.try_emplace({target->host, target->port}, what);
    for (const std::string& address : host.addresses()) {
      owners_.try_emplace({address, target->port}, what);
    }
  }
}

void ProtectedTasks::Protect(const sunder::v1::Topology& topology,
                             const std::string& target,
                             const std::string& what) {
  const std::optional<HostPort> parsed = Split(target);
  if (!parsed) return;
  bool known = false;
  for (const sunder::v1::Host& host : topology.hosts()) {
    if (!IsHost(host, parsed->host)) continue;
    known = true;
    owners_.try_emplace({host.name(), parsed->port}, what);
    for (const std::string& address : host.addresses()) {
      owners_.try_emplace({address, parsed->port}, what);
    }
  }
  // A name of which we do not know the host may be any of them.
  owners_.try_emplace(
      {known ? parsed->host : std::string(kEverywhere), parsed->port}, what);
}

std::optional<std::string> ProtectedTasks::operator()(
    const sunder::v1::Task& task) const {
  if (!task.id().empty() && task.id() == own_task_.id) {
    return "it is the controller's own task";
  }
  if (!task.app().empty() && task.app() == own_task_.app) {
    return "its app is the controller's own";
  }
  const auto label = task.labels().find(kProtectedLabel);
  if (label != task.labels().end() &&
      !absl::EqualsIgnoreCase(label->second, "false")) {
    return absl::StrCat("its app has the label ", kProtectedLabel);
  }
  for (const sunder::v1::Endpoint& endpoint : task.endpoints()) {
    if (endpoint.protocol() != sunder::v1::PROTOCOL_TCP &&
        endpoint.protocol() != sunder::v1::PROTOCOL_UNSPECIFIED) {
      continue;
    }
    for (const std::string& where :
         {endpoint.address(), task.host(), task.reported_host(),
          std::string(kEverywhere)}) {
      // An endpoint with an address of its own is not at its host.
      if (where.empty() ||
          (!endpoint.address().empty() && where != endpoint.address() &&
           where != kEverywhere)) {
        continue;
      }
      const auto owner = owners_.find({where, endpoint.port()});
      if (owner != owners_.end()) {
        return absl::StrCat("it listens where ", owner->second, " does (port ",
                            endpoint.port(), ")");
      }
    }
  }
  return std::nullopt;
}

}  // namespace sunder::controller
