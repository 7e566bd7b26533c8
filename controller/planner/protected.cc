#include "controller/planner/protected.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/address.h"
#include "controller/planner/prefix_set.h"
#include "controller/planner/tcp_target.h"

namespace sunder::controller {
namespace {

// Every agent spares it by itself: agent/service/protect.cc.
constexpr uint32_t kSshPort = 22;

bool HasAddress(const v1::Host& host, const std::string& text) {
  const absl::StatusOr<Address> wanted = Address::Parse(text);
  return wanted.ok() &&
         std::any_of(host.addresses().begin(), host.addresses().end(),
                     [&](const std::string& own) {
                       const absl::StatusOr<Address> a = Address::Parse(own);
                       return a.ok() && *a == *wanted;
                     });
}

class Tuples {
 public:
  Tuples(const TopologyIndex& topology, const Deployment& deployment,
         bool controller_is_on_a_host, const v1::Host& host)
      : topology_(topology),
        deployment_(deployment),
        controller_is_on_a_host_(controller_is_on_a_host),
        host_(host) {
    for (const std::string& text : deployment.controller_addresses) {
      const absl::StatusOr<Address> address = Address::Parse(text);
      // Loopback is never part of a fault.
      if (!address.ok() || IsLoopback(*address)) continue;
      controller_.push_back(address->ToString());
      controller_is_here_ = controller_is_here_ || HasAddress(host, text);
    }
    // Not known who calls: anybody may.
    if (controller_.empty()) controller_ = {""};
  }

  std::vector<v1::ProtectedTuple> Make() {
    AddAgentHere();
    AddAgentsElsewhere();
    AddController();
    AddServices();
    AddSsh(kSshPort);
    if (deployment_.ssh_port != 0) AddSsh(deployment_.ssh_port);
    AddOperatorList();
    return std::move(tuples_);
  }

 private:
  // A controller whose addresses are no host's may be behind the address
  // translation of any of them, in a bridged container.
  bool ControllerMayBeHere() const {
    return controller_is_here_ || !controller_is_on_a_host_;
  }

  // As the others see it.
  std::vector<std::string> ControllerAsPeer() const {
    if (controller_is_on_a_host_) return controller_;
    return {""};
  }

  // As the agent does by itself, for anybody: it may listen on each of the
  // host's addresses, whatever its target here names.
  void AddAgentHere() {
    const std::optional<TcpTarget> agent = ParseTcpTarget(host_.agent());
    if (!agent) return;
    AddServer("", agent->port, {""},
              absl::StrCat("control channel of ", host_.name()));
  }

  void AddAgentsElsewhere() {
    if (!ControllerMayBeHere()) return;
    for (const v1::Host* other : topology_.hosts()) {
      const std::optional<TcpTarget> agent = ParseTcpTarget(other->agent());
      if (!agent || other == &host_) continue;
      if (!controller_is_on_a_host_) {
        // On every host, so not one tuple for each of the others.
        AddClient(agent->port, "", "control channels");
        continue;
      }
      const std::string why =
          absl::StrCat("control channel of ", other->name());
      if (Address::Parse(agent->host).ok()) {
        AddClient(agent->port, agent->host, why);
        continue;
      }
      for (const std::string& address : other->addresses()) {
        AddClient(agent->port, address, why);
      }
    }
  }

  void AddController() {
    const std::optional<TcpTarget> listen = ParseTcpTarget(deployment_.listen);
    if (!listen) return;
    if (controller_is_here_ || controller_[0].empty()) {
      AddServer("", listen->port, {""}, "the controller");
    }
    for (const std::string& address : controller_) {
      AddClient(listen->port, address, "the controller");
    }
  }

  void AddServices() {
    for (const Service& service : deployment_.services) {
      if (service.address.empty() || HasAddress(host_, service.address)) {
        AddServer(service.address, service.port, ControllerAsPeer(),
                  service.name);
      }
      if (ControllerMayBeHere()) {
        AddClient(service.port, service.address, service.name);
      }
    }
  }

  void AddSsh(uint32_t port) {
    AddServer("", port, {""}, "ssh");
    AddClient(port, "", "ssh");
  }

  // At the host that serves, and at a host that is the peer: it hears answers.
  void AddOperatorList() {
    for (const v1::ProtectedTuple& server : deployment_.operator_list) {
      Add(server);
      v1::ProtectedTuple client = server;
      client.set_local_address(server.peer());
      client.set_peer(server.local_address());
      client.set_port_is_remote(true);
      Add(client);
    }
  }

  void AddServer(const std::string& local, uint32_t port,
                 const std::vector<std::string>& peers,
                 const std::string& why) {
    for (const std::string& peer : peers) {
      v1::ProtectedTuple tuple;
      tuple.set_local_address(local);
      tuple.set_protocol(v1::PROTOCOL_TCP);
      tuple.set_port(port);
      tuple.set_peer(peer);
      tuple.set_why(why);
      Add(tuple);
    }
  }

  void AddClient(uint32_t port, const std::string& peer,
                 const std::string& why) {
    v1::ProtectedTuple tuple;
    tuple.set_protocol(v1::PROTOCOL_TCP);
    tuple.set_port(port);
    tuple.set_peer(peer);
    tuple.set_port_is_remote(true);
    tuple.set_why(why);
    Add(tuple);
  }

  void Add(const v1::ProtectedTuple& tuple) {
    const absl::StatusOr<Address> local = Address::Parse(tuple.local_address());
    const absl::StatusOr<Prefix> peer = Prefix::Parse(tuple.peer());
    const bool can_meet =
        !local.ok() || !peer.ok() || local->is_v6() == peer->address().is_v6();
    if (can_meet && seen_.insert(tuple.SerializeAsString()).second) {
      tuples_.push_back(tuple);
    }
  }

  const TopologyIndex& topology_;
  const Deployment& deployment_;
  const bool controller_is_on_a_host_;
  const v1::Host& host_;
  std::vector<std::string> controller_;
  bool controller_is_here_ = false;
  std::set<std::string> seen_;
  std::vector<v1::ProtectedTuple> tuples_;
};

bool IsOnAHost(const TopologyIndex& topology, const Deployment& deployment) {
  absl::flat_hash_set<std::string> own;
  for (const std::string& text : deployment.controller_addresses) {
    const absl::StatusOr<Address> address = Address::Parse(text);
    if (address.ok() && !IsLoopback(*address)) own.insert(address->ToString());
  }
  for (const v1::Host* host : topology.hosts()) {
    for (const std::string& text : host->addresses()) {
      const absl::StatusOr<Address> address = Address::Parse(text);
      if (address.ok() && own.contains(address->ToString())) return true;
    }
  }
  return false;
}

}  // namespace

Protection::Protection(const TopologyIndex& topology,
                       const Deployment& deployment)
    : topology_(topology),
      deployment_(deployment),
      controller_is_on_a_host_(IsOnAHost(topology, deployment)) {}

std::vector<v1::ProtectedTuple> Protection::At(const v1::Host& host) const {
  return Tuples(topology_, deployment_, controller_is_on_a_host_, host).Make();
}

}  // namespace sunder::controller
