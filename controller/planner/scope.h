// Where a member's packets come from and where it is reached, in addresses and
// ports.

#ifndef SUNDER_CONTROLLER_PLANNER_SCOPE_H_
#define SUNDER_CONTROLLER_PLANNER_SCOPE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "common/address.h"
#include "controller/planner/member.h"
#include "controller/planner/port_set.h"
#include "controller/planner/topology_index.h"

namespace sunder::controller {

// Server ports by protocol. PROTOCOL_UNSPECIFIED: of TCP, UDP and SCTP.
using PortsByProtocol = std::map<v1::Protocol, PortSet>;

struct Scope {
  std::vector<Prefix> addresses;  // Sorted.
  // A machine: whatever arrives at it is for it, multicast and broadcast too.
  bool is_machine = false;
  // All traffic of the addresses; else conversations with `ports`.
  bool all_ports = true;
  PortsByProtocol ports = {};
};

struct Reach {
  const v1::Host* host =
      nullptr;                // With an agent; nullptr: nobody drops there.
  std::vector<Scope> scopes;  // Never empty, each with addresses.
};

// Knows whose each address is. Borrows the topology's index.
class Scopes {
 public:
  explicit Scopes(const TopologyIndex& topology);

  // FAILED_PRECONDITION, reason NO_ADDRESS: nothing tells the member's packets
  // from others'.
  absl::StatusOr<Reach> Of(const Member& member) const;

  // What `host` must go on hearing whatever is dropped there: its addresses,
  // those of the containers on it, and loopback. Sorted.
  std::vector<Prefix> Own(const v1::Host& host) const;

  // `task` is one of the host's own processes as far as addresses tell: also a
  // container whose reported address is its host's.
  bool SharesHost(const v1::Task& task) const;

  // A task that reports an address which the topology gives to another host
  // than the task's: the address stays that host's alone.
  struct FalseClaim {
    std::string task, address, host;
  };
  const std::vector<FalseClaim>& false_claims() const { return false_claims_; }

  // Addresses that several hosts claim (a bridge's that is the same everywhere)
  // tell nothing apart and are in no scope. Sorted.
  const std::vector<Address>& ambiguous() const { return ambiguous_; }

 private:
  absl::StatusOr<Reach> OfHost(const v1::Host& host) const;
  absl::StatusOr<Reach> OfTask(const v1::Task& task) const;
  absl::Status AddTaskScopes(const v1::Task& task, Reach& reach) const;
  // Distinct, sorted, not ambiguous.
  std::vector<Prefix> Usable(const std::vector<Address>& addresses) const;
  // A container's, without those that are a host's.
  std::vector<Address> OwnAddresses(const v1::Task& task) const;
  bool IsAHosts(const Address& address) const;
  bool IsAmbiguous(const Address& address) const;

  const TopologyIndex& topology_;
  std::vector<Address> hosts_addresses_;  // Sorted.
  std::vector<Address> ambiguous_;
  std::vector<FalseClaim> false_claims_;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_SCOPE_H_
