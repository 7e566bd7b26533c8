#include "controller/planner/scope.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/error_detail.h"
#include "controller/planner/prefix_set.h"

namespace sunder::controller {
namespace {

using Texts = google::protobuf::RepeatedPtrField<std::string>;

absl::Status NoAddress(absl::string_view name, absl::string_view why,
                       absl::string_view advice) {
  return ErrorWithDetail(absl::StatusCode::kFailedPrecondition,
                         absl::StrCat(name, " cannot be cut: ", why),
                         "NO_ADDRESS", name, advice);
}

bool IsContainer(const v1::Task& task) {
  return task.network() == v1::NETWORK_MODE_CONTAINER;
}

v1::Protocol ProtocolOf(const v1::Endpoint& endpoint) {
  return endpoint.protocol() == v1::PROTOCOL_UNSPECIFIED ? v1::PROTOCOL_TCP
                                                         : endpoint.protocol();
}

bool HasPort(const v1::Endpoint& endpoint) {
  const v1::Protocol protocol = ProtocolOf(endpoint);
  return endpoint.port() >= 1 && endpoint.port() <= 65535 &&
         (protocol == v1::PROTOCOL_TCP || protocol == v1::PROTOCOL_UDP ||
          protocol == v1::PROTOCOL_SCTP);
}

void SortDistinct(std::vector<Prefix>& prefixes) {
  std::sort(prefixes.begin(), prefixes.end());
  prefixes.erase(std::unique(prefixes.begin(), prefixes.end()), prefixes.end());
}

bool Holds(const std::vector<Prefix>& sorted, const Prefix& prefix) {
  return std::binary_search(sorted.begin(), sorted.end(), prefix);
}

}  // namespace

Scopes::Scopes(const TopologyIndex& topology) : topology_(topology) {
  absl::flat_hash_map<std::string, std::string> owners;
  const auto claim = [&](const std::string& host, const Texts& texts) {
    for (const std::string& text : texts) {
      const absl::StatusOr<Address> address = Address::Parse(text);
      if (!address.ok() || IsLoopback(*address)) continue;
      const auto [owner, is_new] = owners.emplace(address->ToString(), host);
      if (!is_new && owner->second != host) ambiguous_.push_back(*address);
    }
  };
  for (const v1::Host* host : topology.hosts()) {
    claim(host->name(), host->addresses());
  }
  for (const v1::Task* task : topology.tasks()) {
    if (IsContainer(*task)) claim(task->host(), task->addresses());
  }
  std::sort(ambiguous_.begin(), ambiguous_.end());
  ambiguous_.erase(std::unique(ambiguous_.begin(), ambiguous_.end()),
                   ambiguous_.end());
}

bool Scopes::IsAmbiguous(const Address& address) const {
  return std::binary_search(ambiguous_.begin(), ambiguous_.end(), address);
}

std::vector<Prefix> Scopes::Usable(const Texts& texts) const {
  std::vector<Prefix> usable;
  for (const std::string& text : texts) {
    const absl::StatusOr<Address> address = Address::Parse(text);
    if (address.ok() && !IsLoopback(*address) && !IsAmbiguous(*address)) {
      usable.push_back(Prefix::Of(*address));
    }
  }
  SortDistinct(usable);
  return usable;
}

std::vector<Prefix> Scopes::Own(const v1::Host& host) const {
  std::vector<Prefix> own = Loopback();
  const auto add = [&](const Texts& texts) {
    for (const std::string& text : texts) {
      const absl::StatusOr<Address> address = Address::Parse(text);
      if (address.ok()) own.push_back(Prefix::Of(*address));
    }
  };
  add(host.addresses());
  for (const v1::Task* task : topology_.TasksOn(host.name())) {
    if (IsContainer(*task)) add(task->addresses());
  }
  SortDistinct(own);
  return own;
}

absl::StatusOr<Reach> Scopes::Of(const Member& member) const {
  switch (member.kind) {
    case MemberKind::kHost:
      return OfHost(*topology_.FindHost(member.name));
    case MemberKind::kTask:
      return OfTask(*topology_.FindTask(member.name));
    case MemberKind::kExternal:
      break;
  }
  const absl::StatusOr<Prefix> prefix = Prefix::Parse(member.name);
  if (!prefix.ok()) return prefix.status();
  Reach reach;
  reach.scopes.push_back({.addresses = {*prefix}});
  return reach;
}

absl::StatusOr<Reach> Scopes::OfHost(const v1::Host& host) const {
  Reach reach;
  if (!host.agent().empty()) reach.host = &host;
  Scope scope{.addresses = Usable(host.addresses()), .is_machine = true};
  if (scope.addresses.empty()) {
    return NoAddress(host.name(), "it has no address of its own",
                     "Give the host addresses in the inventory");
  }
  for (const v1::Task* task : topology_.TasksOn(host.name())) {
    if (!IsContainer(*task)) continue;
    const std::vector<Prefix> more = Usable(task->addresses());
    scope.addresses.insert(scope.addresses.end(), more.begin(), more.end());
  }
  SortDistinct(scope.addresses);
  reach.scopes.push_back(std::move(scope));
  return reach;
}

absl::StatusOr<Reach> Scopes::OfTask(const v1::Task& task) const {
  Reach reach;
  const v1::Host* host = topology_.FindHost(task.host());
  if (host != nullptr && !host->agent().empty()) reach.host = host;
  absl::Status status = AddTaskScopes(task, reach);
  if (!status.ok()) return status;
  return reach;
}

absl::Status Scopes::AddTaskScopes(const v1::Task& task, Reach& reach) const {
  std::vector<Prefix> own;
  if (IsContainer(task)) own = Usable(task.addresses());
  if (!own.empty()) reach.scopes.push_back({.addresses = own});

  const v1::Host* host = topology_.FindHost(task.host());
  std::vector<Prefix> hosts;
  if (host != nullptr) hosts = Usable(host->addresses());
  // A task that shares its host's addresses is known by its ports. It listens
  // on all of the host's addresses, whichever of them Marathon names.
  std::map<std::vector<Prefix>, PortsByProtocol> narrow;
  for (const v1::Endpoint& endpoint : task.endpoints()) {
    std::vector<Prefix> where = hosts;
    const absl::StatusOr<Address> address = Address::Parse(endpoint.address());
    if (address.ok() && !IsLoopback(*address)) {
      const Prefix named = Prefix::Of(*address);
      if (Holds(own, named)) continue;
      if (!Holds(hosts, named) && !IsAmbiguous(*address)) where = {named};
    }
    if (where.empty() || !HasPort(endpoint)) continue;
    narrow[where][ProtocolOf(endpoint)].Add(endpoint.port(), endpoint.port());
  }
  for (auto& [where, ports] : narrow) {
    reach.scopes.push_back(
        {.addresses = where, .all_ports = false, .ports = std::move(ports)});
  }
  if (!reach.scopes.empty()) return absl::OkStatus();

  std::string why = "it has neither an address of its own nor a port";
  if (!task.unreachable_reason().empty()) {
    absl::StrAppend(&why, " (", task.unreachable_reason(), ")");
  }
  return NoAddress(
      task.id(), why,
      task.host().empty()
          ? std::string("Wait until it has one, or leave it out")
          : absl::StrCat("Cut its whole host instead: host:", task.host()));
}

}  // namespace sunder::controller
