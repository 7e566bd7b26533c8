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

template <typename Value>
void SortDistinct(std::vector<Value>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

// Without loopback, and without texts that are no addresses (host names).
std::vector<Address> ReadAddresses(const Texts& texts) {
  std::vector<Address> addresses;
  for (const std::string& text : texts) {
    const absl::StatusOr<Address> address = Address::Parse(text);
    if (address.ok() && !IsLoopback(*address)) addresses.push_back(*address);
  }
  return addresses;
}

// False of a host that there is not.
bool HasAddress(const v1::Host* host, const Address& address) {
  if (host == nullptr) return false;
  const std::vector<Address> own = ReadAddresses(host->addresses());
  return std::find(own.begin(), own.end(), address) != own.end();
}

bool Holds(const std::vector<Prefix>& sorted, const Prefix& prefix) {
  return std::binary_search(sorted.begin(), sorted.end(), prefix);
}

}  // namespace

Scopes::Scopes(const TopologyIndex& topology) : topology_(topology) {
  absl::flat_hash_map<std::string, std::string> owners;
  const auto claim = [&](const std::string& host, const Address& address) {
    const auto [owner, is_new] = owners.emplace(address.ToString(), host);
    if (!is_new && owner->second != host) ambiguous_.push_back(address);
  };
  for (const v1::Host* host : topology.hosts()) {
    for (const Address& address : ReadAddresses(host->addresses())) {
      claim(host->name(), address);
      hosts_addresses_.push_back(address);
    }
  }
  SortDistinct(hosts_addresses_);
  for (const v1::Task* task : topology.tasks()) {
    if (!IsContainer(*task)) continue;
    for (const Address& address : ReadAddresses(task->addresses())) {
      if (!IsAHosts(address)) {
        claim(task->host(), address);
      } else if (!HasAddress(topology.FindHost(task->host()), address)) {
        false_claims_.push_back(
            {task->id(), address.ToString(), owners[address.ToString()]});
      }
    }
  }
  SortDistinct(ambiguous_);
}

bool Scopes::IsAHosts(const Address& address) const {
  return std::binary_search(hosts_addresses_.begin(), hosts_addresses_.end(),
                            address);
}

bool Scopes::SharesHost(const v1::Task& task) const {
  if (!IsContainer(task)) return true;
  const v1::Host* host = topology_.FindHost(task.host());
  const std::vector<Address> reported = ReadAddresses(task.addresses());
  return std::any_of(reported.begin(), reported.end(),
                     [host](const Address& a) { return HasAddress(host, a); });
}

std::vector<Address> Scopes::OwnAddresses(const v1::Task& task) const {
  if (!IsContainer(task)) return {};
  std::vector<Address> own = ReadAddresses(task.addresses());
  std::erase_if(own, [this](const Address& a) { return IsAHosts(a); });
  return own;
}

bool Scopes::IsAmbiguous(const Address& address) const {
  return std::binary_search(ambiguous_.begin(), ambiguous_.end(), address);
}

std::vector<Prefix> Scopes::Usable(
    const std::vector<Address>& addresses) const {
  std::vector<Prefix> usable;
  for (const Address& address : addresses) {
    if (!IsAmbiguous(address)) usable.push_back(Prefix::Of(address));
  }
  SortDistinct(usable);
  return usable;
}

std::vector<Prefix> Scopes::Own(const v1::Host& host) const {
  std::vector<Prefix> own = Loopback();
  const auto add = [&](const std::vector<Address>& addresses) {
    for (const Address& address : addresses) own.push_back(Prefix::Of(address));
  };
  add(ReadAddresses(host.addresses()));
  for (const v1::Task* task : topology_.TasksOn(host.name())) {
    add(OwnAddresses(*task));
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
  Scope scope{.addresses = Usable(ReadAddresses(host.addresses())),
              .is_machine = true};
  if (scope.addresses.empty()) {
    return NoAddress(host.name(), "it has no address of its own",
                     "Give the host addresses in the inventory");
  }
  for (const v1::Task* task : topology_.TasksOn(host.name())) {
    const std::vector<Prefix> more = Usable(OwnAddresses(*task));
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
  const std::vector<Prefix> own = Usable(OwnAddresses(task));
  if (!own.empty()) reach.scopes.push_back({.addresses = own});

  const v1::Host* host = topology_.FindHost(task.host());
  std::vector<Prefix> hosts;
  if (host != nullptr) hosts = Usable(ReadAddresses(host->addresses()));
  // A task that shares its host's addresses is known by its ports. It listens
  // on all of the host's addresses, whichever of them Marathon names.
  std::map<std::vector<Prefix>, PortsByProtocol> narrow;
  for (const v1::Endpoint& endpoint : task.endpoints()) {
    std::vector<Prefix> where = hosts;
    const absl::StatusOr<Address> address = Address::Parse(endpoint.address());
    if (address.ok() && !IsLoopback(*address)) {
      const Prefix named = Prefix::Of(*address);
      if (Holds(own, named)) continue;
      const bool at_host = Holds(hosts, named) || IsAmbiguous(*address);
      if (!at_host && IsAHosts(*address)) continue;
      if (!at_host) where = {named};
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
