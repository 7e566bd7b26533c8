#include "controller/planner/test_topology.h"

#include "absl/strings/str_cat.h"

namespace sunder::controller {
namespace {

constexpr v1::Protocol kProtocols[] = {v1::PROTOCOL_UNSPECIFIED,
                                       v1::PROTOCOL_TCP, v1::PROTOCOL_UDP,
                                       v1::PROTOCOL_SCTP};

}  // namespace

v1::Host& AddHost(v1::Topology& topology, int i) {
  v1::Host& host = *topology.add_hosts();
  host.set_name(absl::StrCat("n", i));
  host.add_addresses(absl::StrCat("10.9.0.", i));
  host.add_addresses(absl::StrCat("fd09::", absl::Hex(i)));
  host.set_agent(absl::StrCat("unix:/run/", host.name(), ".sock"));
  return host;
}

v1::Task& AddTask(v1::Topology& topology, const std::string& id,
                  const std::string& app, const std::string& host) {
  v1::Task& task = *topology.add_tasks();
  task.set_id(id);
  task.set_app(app);
  task.set_host(host);
  task.set_network(v1::NETWORK_MODE_HOST);
  task.set_state("TASK_RUNNING");
  return task;
}

v1::Task& AddHostTask(v1::Topology& topology, const std::string& id,
                      const std::string& app, const std::string& host,
                      uint32_t port) {
  v1::Task& task = AddTask(topology, id, app, host);
  task.add_endpoints()->set_port(port);
  return task;
}

v1::Task& AddContainer(v1::Topology& topology, const std::string& id,
                       const std::string& app, const std::string& host,
                       int number) {
  v1::Task& task = AddTask(topology, id, app, host);
  task.set_network(v1::NETWORK_MODE_CONTAINER);
  task.add_addresses(absl::StrCat("172.30.", number / 256, ".", number % 256));
  task.add_addresses(absl::StrCat("fd30::", absl::Hex(number)));
  return task;
}

v1::Topology Hosts(int count) {
  v1::Topology topology;
  for (int i = 1; i <= count; ++i) AddHost(topology, i);
  return topology;
}

v1::Topology RandomTopology(Random& random) {
  v1::Topology topology = Hosts(2 + static_cast<int>(random.Below(6)));
  const int tasks = 2 + static_cast<int>(random.Below(9));
  for (int i = 1; i <= tasks; ++i) {
    const std::string host =
        topology.hosts(static_cast<int>(random.Below(topology.hosts_size())))
            .name();
    const std::string app = random.Below(2) == 0 ? "/a" : "/b";
    const std::string id = absl::StrCat(app.substr(1), ".", i);
    if (random.Below(3) == 0) {
      AddContainer(topology, id, app, host, i);
      continue;
    }
    v1::Task& task = AddTask(topology, id, app, host);
    if (random.Below(2) == 0) task.set_network(v1::NETWORK_MODE_BRIDGE);
    const int endpoints = 1 + static_cast<int>(random.Below(3));
    for (int e = 0; e < endpoints; ++e) {
      v1::Endpoint& endpoint = *task.add_endpoints();
      endpoint.set_port(1000 + 10 * i + e);
      endpoint.set_protocol(kProtocols[random.Below(4)]);
    }
  }
  return topology;
}

}  // namespace sunder::controller
