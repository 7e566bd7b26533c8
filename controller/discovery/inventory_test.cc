#include "controller/discovery/inventory.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kExample[] = R"(
hosts:
  - {name: n1, addresses: [10.9.0.1, "fd09::1"], agent: "unix:/run/n1.sock",
     labels: {rack: r1, zone: a}, mesos_agent_id: S1}
  - {name: n2, addresses: [10.9.0.2], agent: "n2.example.com:7440"}
tasks:
  - {id: redis.1, app: /redis, host: n1,
     endpoints: [{port: 6379}, {port: 26379, protocol: udp}]}
  - id: own.1
    app: /own
    host: n2
    labels: {SUNDER_PROTECTED: yes}
    endpoints:
      - {port: 80, address: 9.0.0.1}
  - {id: idle.1, app: /redis, host: n2}
)";

TEST(Inventory, SaysWhichHostsAndTasksThereAre) {
  const auto topology = ParseInventory(kExample, "i.yaml");
  ASSERT_TRUE(topology.ok()) << topology.status();
  ASSERT_EQ(topology->hosts_size(), 2);
  const auto& host = topology->hosts(0);
  EXPECT_EQ(host.name(), "n1");
  EXPECT_THAT(host.addresses(), ElementsAre("10.9.0.1", "fd09::1"));
  EXPECT_EQ(host.agent(), "unix:/run/n1.sock");
  EXPECT_EQ(host.labels().at("rack"), "r1");
  EXPECT_EQ(host.mesos_agent_id(), "S1");
  ASSERT_EQ(topology->tasks_size(), 3);
  const auto& redis = topology->tasks(0);
  EXPECT_EQ(redis.network(), sunder::v1::NETWORK_MODE_HOST);
  EXPECT_EQ(redis.endpoints(0).protocol(), sunder::v1::PROTOCOL_TCP);
  EXPECT_EQ(redis.endpoints(1).protocol(), sunder::v1::PROTOCOL_UDP);
  EXPECT_EQ(redis.endpoints(1).port(), 26379u);
  const auto& own = topology->tasks(1);
  EXPECT_EQ(own.network(), sunder::v1::NETWORK_MODE_CONTAINER);
  EXPECT_THAT(own.addresses(), ElementsAre("9.0.0.1"));
  EXPECT_EQ(own.labels().at("SUNDER_PROTECTED"), "yes");
  EXPECT_NE(topology->tasks(2).unreachable_reason(), "");
  ASSERT_EQ(topology->apps_size(), 2);
  EXPECT_EQ(topology->apps(1).id(), "/redis");
  EXPECT_EQ(topology->apps(1).instances(), 2);
}

TEST(Inventory, AnEmptyListOfHostsIsFine) {
  EXPECT_TRUE(ParseInventory("hosts: []", "i").ok());
  EXPECT_TRUE(ParseInventory("hosts:\n", "i").ok());
}

TEST(Inventory, EachErrorHasFileAndLine) {
  const std::string host = "hosts:\n- {name: n1, addresses: [10.0.0.1]}\n";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "i: the inventory is nothing"},
      {"[]", "i:1: the inventory is a list, not a map"},
      {"host: []", "has the key \"host\"; allowed are hosts, tasks"},
      {"tasks: []", "has no hosts"},
      {"hosts: 7", "i:1: hosts is a text, not a list"},
      {"hosts:\n- n1", "i:2: a host is a text, not a map"},
      {"hosts:\n- {addresses: []}", "i:2: a host has no name"},
      {"hosts:\n- {name: ''}", "host is empty"},
      {"hosts:\n- {name: \"\x8e\x80\"}", "host is not UTF-8"},
      {"hosts:\n- {name: \"a\\nb\"}", "host has a control character"},
      {"hosts:\n- {name: [a]}", "host is a list, not a text"},
      {"hosts:\n- name: n1\n  adresses: []",
       "i:3: a host has the key \"adresses\"; allowed are name, addresses, "
       "agent, labels, mesos_agent_id"},
      {"hosts:\n- {name: n1}\n- {name: n1}", "i:3: host \"n1\" is there"},
      {"hosts:\n- {name: n1, name: n2}", "has name twice"},
      {"hosts:\n- {name: n1, addresses: [10.0.0.0/8]}",
       "\"10.0.0.0/8\" is not"},
      {"hosts:\n- {name: n1, addresses: 10.0.0.1}", "not a list"},
      {"hosts:\n- {name: n1, addresses: [::1, '0:0::1']}",
       "::1 is there twice"},
      {host + "- {name: n2, addresses: [10.0.0.1]}", "host n1 and host n2"},
      {"hosts:\n- {name: n1, agent: n1}", "neither unix:/PATH nor HOST:PORT"},
      {"hosts:\n- {name: n1, agent: 'n1:99999'}", "neither unix"},
      {"hosts:\n- {name: n1, agent: 'a:1'}\n- {name: n2, agent: 'a:1'}",
       "agent \"a:1\" is there already"},
      {"hosts:\n- {name: n1, labels: [a]}", "labels is a list, not a map"},
      {"hosts:\n- {name: n1, labels: {a: {}}}", "a value in labels"},
      {host + "tasks:\n- {id: x, app: /a}", "i:4: a task has no host"},
      {host + "tasks:\n- {id: x, app: a, host: n1}", "does not begin with /"},
      {host + "tasks:\n- {id: x, app: /a, host: n9}", "\"n9\", which is none"},
      {host + "tasks:\n- {id: x, app: /a, host: n1}\n"
              "- {id: x, app: /b, host: n1}",
       "i:5: task \"x\" is there already"},
      {host + "tasks:\n- {id: x, app: /a, host: n1, endpoints: [80]}",
       "an endpoint of task x is a text"},
      {host + "tasks:\n- {id: x, app: /a, host: n1, endpoints: [{}]}",
       "has no port"},
      {host + "tasks:\n- {id: x, app: /a, host: n1, endpoints: [{port: 0}]}",
       "port is a number from 1 to 65535"},
      {host + "tasks:\n- {id: x, app: /a, host: n1, endpoints: "
              "[{port: 1, protocol: icmp}]}",
       "protocol is tcp, udp or sctp"},
      {host + "- {name: n2, addresses: [10.0.0.2]}\ntasks:\n- {id: x, app: /a, "
              "host: n1, endpoints: [{port: 1, address: 10.0.0.2}]}",
       "10.0.0.2 is an address of n2"},
      {host + "tasks:\n- {id: x, app: /a, host: n1, endpoints: "
              "[{port: 1, address: 9.0.0.1}, {port: 2}]}",
       "both at its host and at an address of its own"},
      {"hosts: [", "i:1: "},
      {"hosts: *nowhere", "i:1: "}};
  for (const auto& [text, what] : cases) {
    const auto topology = ParseInventory(text, "i");
    ASSERT_FALSE(topology.ok()) << text;
    EXPECT_EQ(topology.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(topology.status().message(), HasSubstr(what)) << text;
  }
}

TEST(Inventory, ErrorsComeTogether) {
  const auto topology = ParseInventory(
      "hosts:\n- {nme: n1}\n- {name: n2, addresses: [x]}", "i.yaml");
  ASSERT_FALSE(topology.ok());
  EXPECT_THAT(topology.status().message(), HasSubstr("i.yaml:2: "));
  EXPECT_THAT(topology.status().message(), HasSubstr("i.yaml:3: "));
}

TEST(Inventory, AFileThatIsTooLargeIsRefused) {
  EXPECT_THAT(ParseInventory(std::string(kMaxInventoryBytes + 1, '#'), "i")
                  .status()
                  .message(),
              HasSubstr("larger than"));
}

TEST(Inventory, AliasesCannotMakeItEndless) {
  std::string text = "hosts:\n- &h {name: n1, addresses: &a [";
  for (int i = 0; i < 2000; ++i) absl::StrAppend(&text, i ? "," : "", "x");
  text += "]}\n";
  for (int i = 0; i < 5000; ++i) text += "- *h\n";
  EXPECT_FALSE(ParseInventory(text, "i").ok());
}

TEST(Inventory, AMissingFileIsNotFound) {
  EXPECT_EQ(ReadInventory("/nowhere/inventory.yaml").status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace sunder::controller
