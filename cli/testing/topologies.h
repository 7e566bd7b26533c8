// A topology with something of everything, as tests need it.

#ifndef SUNDER_CLI_TESTING_TOPOLOGIES_H_
#define SUNDER_CLI_TESTING_TOPOLOGIES_H_

#include "cli/testing/faults.h"
#include "sunder/controller/v1/controller.pb.h"

namespace sunder::cli {

inline v1::Topology ShopTopology() {
  return FromText<v1::Topology>(R"pb(
    hosts {
      name: "n1"
      addresses: [ "10.9.0.1", "fd09::1" ]
      labels { key: "rack" value: "r1" }
      labels { key: "zone" value: "a" }
      labels { key: "disk" value: "ssd" }
    }
    hosts {
      name: "n2"
      addresses: "10.9.0.2"
      labels { key: "rack" value: "r2" }
      labels { key: "zone" value: "a" }
    }
    hosts { name: "n3" addresses: "10.9.0.3" }
    hosts { name: "n4" addresses: "10.9.0.4" }
    apps {
      id: "/redis"
      labels { key: "tier" value: "db" }
      instances: 3
      network: NETWORK_MODE_HOST
    }
    tasks {
      id: "redis.1"
      app: "/redis"
      host: "n1"
      state: "TASK_RUNNING"
      endpoints { port: 6379 }
      endpoints { address: "fd09::1" protocol: PROTOCOL_UDP port: 53 }
    }
    tasks {
      id: "redis.2"
      app: "/redis"
      host: "n2"
      state: "TASK_STAGING"
      addresses: "10.1.0.2"
      unreachable_reason: "it is starting"
    }
    tasks {
      id: "redis.3"
      app: "/redis"
      state: "TASK_RUNNING"
      reported_host: "x9"
      unreachable_reason: "no host of ours"
    }
    sources { name: "inventory" healthy: true }
    sources { name: "marathon http://m" error: "connection refused" }
    warnings: "two agents claim n1"
  )pb");
}

inline controller::v1::ListAgentsResponse ShopAgents() {
  return FromText<controller::v1::ListAgentsResponse>(R"pb(
    agents {
      host: "n1"
      reachable: true
      version: "0.1.0"
      clock_uncertainty { nanos: 90000 }
    }
    agents { host: "n2" error: "connection refused" }
    agents {
      host: "n3"
      reachable: true
      version: "0.1.0"
      missing_features: "meta time"
    }
    term: 3
  )pb");
}

}  // namespace sunder::cli

#endif  // SUNDER_CLI_TESTING_TOPOLOGIES_H_
