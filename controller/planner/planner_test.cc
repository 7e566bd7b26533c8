#include "controller/planner/planner.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/address.h"
#include "controller/planner/test_topology.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

v1::FaultSpec Fault() {
  v1::FaultSpec spec;
  spec.mutable_behaviour()->mutable_drop();
  spec.mutable_duration()->set_seconds(60);
  spec.set_seed(1);
  return spec;
}

v1::FaultSpec Partial(const std::string& a, const std::string& b) {
  v1::FaultSpec spec = Fault();
  spec.mutable_shape()->mutable_partial()->set_a(a);
  spec.mutable_shape()->mutable_partial()->set_b(b);
  return spec;
}

v1::FaultSpec Simplex(const std::string& from, const std::string& to) {
  v1::FaultSpec spec = Fault();
  spec.mutable_shape()->mutable_simplex()->set_from(from);
  spec.mutable_shape()->mutable_simplex()->set_to(to);
  return spec;
}

v1::FaultSpec WithPort(v1::FaultSpec spec, uint32_t first, uint32_t last) {
  v1::PortRange& range = *spec.mutable_filter()->add_ports();
  range.set_first(first);
  range.set_last(last);
  return spec;
}

std::string Notes(const v1::Plan& plan) {
  return absl::StrJoin(plan.notes(), "\n");
}

std::vector<std::string> HostsOf(const v1::Plan& plan) {
  std::vector<std::string> names;
  for (const v1::HostPlan& host : plan.hosts()) names.push_back(host.host());
  return names;
}

absl::StatusOr<v1::Plan> Plan(const v1::Topology& topology,
                              const v1::FaultSpec& spec) {
  return MakePlan(topology, spec, Deployment());
}

TEST(Planner, TwoHostsEachDropWhatTheOtherSends) {
  const auto plan = Plan(Hosts(3), Partial("n1", "n2"));
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(HostsOf(*plan), ElementsAre("n1", "n2"));
  const v1::Flow& flow = plan->hosts(0).flows(0);
  EXPECT_EQ(plan->hosts(0).flows_size(), 1);
  EXPECT_EQ(flow.label(), "n2 -> n1");
  EXPECT_THAT(flow.sources(), ElementsAre("10.9.0.2", "fd09::2"));
  EXPECT_THAT(flow.destinations(), IsEmpty());  // Multicast is for n1 as well.
  EXPECT_TRUE(flow.behaviour().has_drop());
  EXPECT_EQ(plan->seed(), 1u);
  EXPECT_EQ(plan->members(1).host(), "n2");
}

TEST(Planner, SimplexIsDroppedWhereItArrives) {
  const auto plan = Plan(Hosts(2), Simplex("n1", "n2"));
  EXPECT_THAT(HostsOf(*plan), ElementsAre("n2"));
}

TEST(Planner, IsAPureFunctionOfItsArguments) {
  v1::Topology topology = Hosts(6);
  v1::FaultSpec spec = Fault();
  spec.mutable_shape()->mutable_random_halves()->set_of("n1,n2,n3,n4,n5,n6");
  const auto once = Plan(topology, spec);
  // The order in which a source lists hosts does not matter.
  topology.mutable_hosts()->SwapElements(0, 5);
  const auto again = Plan(topology, spec);
  EXPECT_EQ(once->SerializeAsString(), again->SerializeAsString());
  spec.set_seed(2);
  EXPECT_NE(once->SerializeAsString(),
            Plan(topology, spec)->SerializeAsString());
}

TEST(Planner, WhoStaysKeepsHisSideWhenOthersMove) {
  const auto side_of = [](const v1::Plan& plan) {
    std::map<std::string, int> sides;
    for (const auto& member : plan.members()) {
      sides[member.name()] = member.side();
    }
    return sides;
  };
  v1::FaultSpec spec;
  spec.mutable_shape()->mutable_random_halves()->set_of("app:/a");
  spec.mutable_behaviour()->mutable_drop();
  spec.mutable_duration()->set_seconds(10);
  for (uint64_t seed = 1; seed < 20; ++seed) {
    spec.set_seed(seed);
    v1::Topology topology = Hosts(6);
    for (const int i : {1, 2, 3, 4}) {
      AddHostTask(topology, absl::StrCat("a.", i), "/a", absl::StrCat("n", i),
                  1000);
    }
    const auto before = MakePlan(topology, spec, Deployment());
    ASSERT_TRUE(before.ok()) << before.status();
    topology.mutable_tasks()->DeleteSubrange(0, 1);
    AddHostTask(topology, "a.0", "/a", "n5", 1000);
    const auto after = MakePlan(topology, spec, Deployment(), &*before);
    ASSERT_TRUE(after.ok()) << after.status();
    auto expected = side_of(*before);
    expected["a.0"] = expected["a.1"];
    expected.erase("a.1");
    EXPECT_EQ(side_of(*after), expected) << seed;
  }
}

TEST(Planner, AContainerIsPartOfItsHost) {
  v1::Topology topology = Hosts(2);
  AddContainer(topology, "c.1", "/c", "n1", 7);
  const auto plan = Plan(topology, Partial("n1", "n2"));
  EXPECT_THAT(plan->hosts(1).flows(0).sources(),
              ElementsAre("10.9.0.1", "172.30.0.7", "fd09::1", "fd30::7"));
}

TEST(Planner, TasksOnOneHostAreOneFlowPerProtocol) {
  v1::Topology topology = Hosts(2);
  for (uint32_t i = 1; i <= 5; ++i) {
    AddHostTask(topology, absl::StrCat("a.", i), "/a", "n1", 1000 + i);
    AddHostTask(topology, absl::StrCat("b.", i), "/b", "n2", 2000 + 2 * i);
  }
  const auto plan = Plan(topology, Partial("/a", "/b"));
  ASSERT_EQ(plan->hosts(0).flows_size(), 1);
  const v1::Flow& flow = plan->hosts(0).flows(0);
  EXPECT_EQ(flow.label(), "b.1, b.2 and 3 more -> a.1, a.2 and 3 more");
  EXPECT_THAT(flow.destinations(), ElementsAre("10.9.0.1", "fd09::1"));
  EXPECT_EQ(flow.source_ports_size(), 5);
  ASSERT_EQ(flow.destination_ports_size(), 1);
  EXPECT_EQ(flow.destination_ports(0).first(), 1001u);
  EXPECT_EQ(flow.destination_ports(0).last(), 1005u);
  EXPECT_EQ(flow.protocol(), v1::PROTOCOL_TCP);
}

TEST(Planner, AnEndpointOnOneOfTheHostsAddressesIsOnAll) {
  v1::Topology topology = Hosts(2);
  AddHostTask(topology, "a.1", "/a", "n1", 1000)
      .mutable_endpoints(0)
      ->set_address("10.9.0.1");
  const auto plan = Plan(topology, Partial("a.1", "n2"));
  EXPECT_THAT(plan->hosts(0).flows(0).destinations(),
              ElementsAre("10.9.0.1", "fd09::1"));
}

TEST(Planner, BystandersAreNamed) {
  v1::Topology topology = Hosts(2);
  AddHostTask(topology, "a.1", "/a", "n1", 1000);
  AddHostTask(topology, "b.1", "/b", "n2", 2000);
  AddHostTask(topology, "log.1", "/log", "n1", 3000);
  AddContainer(topology, "apart.1", "/apart", "n1", 9);
  const std::string notes = Notes(*Plan(topology, Partial("a.1", "b.1")));
  EXPECT_THAT(notes, HasSubstr("bystanders on n1: log.1"));
  EXPECT_THAT(notes, Not(HasSubstr("apart.1")));
  EXPECT_THAT(notes, Not(HasSubstr("on n2")));
}

TEST(Planner, MembersThatShareAHostAcrossTheCutAreSaid) {
  v1::Topology topology = Hosts(2);
  AddHostTask(topology, "a.1", "/a", "n1", 1000);
  AddHostTask(topology, "a.2", "/a", "n1", 1001);
  const auto plan = Plan(topology, Partial("a.1", "a.2"));
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(HostsOf(*plan), ElementsAre("n1"));
  EXPECT_THAT(Notes(*plan),
              AllOf(HasSubstr("run on n1"), HasSubstr("on different sides")));
}

TEST(Planner, AnExternalIsDroppedAtTheNearEndAlone) {
  const auto plan = Plan(Hosts(2), Partial("n1", "192.0.2.0/24"));
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(HostsOf(*plan), ElementsAre("n1"));
  EXPECT_THAT(plan->hosts(0).flows(0).sources(), ElementsAre("192.0.2.0/24"));
  EXPECT_THAT(Notes(*plan), HasSubstr("no agent at 192.0.2.0/24"));
  EXPECT_TRUE(Plan(Hosts(2), Simplex("192.0.2.0/24", "n1")).ok());
}

TEST(Planner, WhatOnlyAnExternalReceivesCannotBeDropped) {
  const absl::Status status =
      Plan(Hosts(2), Simplex("n1", "192.0.2.0/24")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(Advice(status), HasSubstr("both ways"));
  EXPECT_EQ(Plan(Hosts(2), Partial("192.0.2.1", "192.0.2.2")).status().code(),
            absl::StatusCode::kUnimplemented);
}

TEST(Planner, AHostIsNeverCutFromItself) {
  const auto plan = Plan(Hosts(2), Partial("n1", "0.0.0.0/0,::/0"));
  ASSERT_TRUE(plan.ok()) << plan.status();
  for (const std::string& source : plan->hosts(0).flows(0).sources()) {
    const Prefix prefix = *Prefix::Parse(source);
    for (const char* own : {"10.9.0.1", "fd09::1", "127.0.0.1", "::1"}) {
      EXPECT_FALSE(prefix.Contains(*Address::Parse(own))) << source;
    }
  }
  EXPECT_THAT(Notes(*plan), HasSubstr("holds addresses of n1, n2"));
}

TEST(Planner, AnAddressOfManyHostsTellsNothingApart) {
  v1::Topology topology = Hosts(3);
  for (v1::Host& host : *topology.mutable_hosts()) {
    host.add_addresses("172.17.0.1");
  }
  const auto plan = Plan(topology, Partial("n1", "n2"));
  for (const v1::HostPlan& host : plan->hosts()) {
    EXPECT_THAT(host.flows(0).sources(), Not(Contains("172.17.0.1")));
  }
  EXPECT_THAT(Notes(*plan), HasSubstr("172.17.0.1"));
}

TEST(Planner, ATaskThatReportsAnotherHostsAddressTakesNothingFromIt) {
  v1::Topology topology = Hosts(3);
  AddContainer(topology, "c.1", "/c", "n1", 7).add_addresses("10.9.0.2");
  const auto plan = Plan(topology, Partial("n1", "n2"));
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(plan->hosts(0).flows(0).sources(),
              ElementsAre("10.9.0.2", "fd09::2"));
  EXPECT_THAT(plan->hosts(1).flows(0).sources(),
              ElementsAre("10.9.0.1", "172.30.0.7", "fd09::1", "fd30::7"));
  EXPECT_THAT(Notes(*plan),
              HasSubstr("c.1 reports the address 10.9.0.2, which is n2's"));
  EXPECT_THAT(Plan(topology, Partial("c.1", "n3"))->hosts(1).flows(0).sources(),
              ElementsAre("172.30.0.7", "fd30::7"));
}

TEST(Planner, ATaskWithNothingButAnotherHostsAddressCannotBeCut) {
  v1::Topology topology = Hosts(3);
  v1::Task& task = AddTask(topology, "c.1", "/c", "n1");
  task.set_network(v1::NETWORK_MODE_CONTAINER);
  task.add_addresses("10.9.0.2");
  v1::Endpoint& endpoint = *task.add_endpoints();
  endpoint.set_address("10.9.0.2");
  endpoint.set_port(8000);
  EXPECT_EQ(Reason(Plan(topology, Partial("c.1", "n3")).status()),
            "NO_ADDRESS");
}

TEST(Planner, AContainerAtItsHostsAddressIsCutAtItsPorts) {
  v1::Topology topology = Hosts(2);
  v1::Task& task = AddTask(topology, "c.1", "/c", "n1");
  task.set_network(v1::NETWORK_MODE_CONTAINER);
  task.add_addresses("10.9.0.1");
  v1::Endpoint& endpoint = *task.add_endpoints();
  endpoint.set_address("10.9.0.1");
  endpoint.set_port(8000);
  AddHostTask(topology, "log.1", "/log", "n1", 3000);
  AddHostTask(topology, "b.1", "/b", "n2", 2000);
  const auto plan = Plan(topology, Partial("c.1", "b.1"));
  ASSERT_TRUE(plan.ok()) << plan.status();
  const v1::Flow& flow = plan->hosts(0).flows(0);
  EXPECT_THAT(flow.destinations(), ElementsAre("10.9.0.1", "fd09::1"));
  ASSERT_EQ(flow.destination_ports_size(), 1);
  EXPECT_EQ(flow.destination_ports(0).first(), 8000u);
  EXPECT_THAT(Notes(*plan), HasSubstr("bystanders on n1: log.1"));
}

TEST(Planner, MembersWithoutAddressAreNamed) {
  v1::Topology topology = Hosts(2);
  AddTask(topology, "dark.1", "/dark", "n1");
  topology.add_hosts()->set_name("bare");
  const absl::Status task = Plan(topology, Partial("dark.1", "n2")).status();
  EXPECT_EQ(Reason(task), "NO_ADDRESS");
  EXPECT_THAT(std::string(task.message()), HasSubstr("dark.1"));
  EXPECT_THAT(Advice(task), HasSubstr("host:n1"));
  const absl::Status host = Plan(topology, Partial("bare", "n2")).status();
  EXPECT_EQ(Reason(host), "NO_ADDRESS");
  EXPECT_THAT(std::string(host.message()), HasSubstr("bare"));
}

TEST(Planner, AFaultThatDropsNothingIsRefused) {
  v1::Topology topology = Hosts(2);
  AddHostTask(topology, "a.1", "/a", "n1", 1000);
  AddHostTask(topology, "b.1", "/b", "n2", 2000);
  EXPECT_EQ(
      Reason(Plan(topology, WithPort(Partial("a.1", "b.1"), 9, 9)).status()),
      "NOTHING_CUT");
  v1::FaultSpec udp = Partial("a.1", "b.1");
  udp.mutable_filter()->set_protocol(v1::PROTOCOL_UDP);
  EXPECT_EQ(Reason(Plan(topology, udp).status()), "NOTHING_CUT");
}

TEST(Planner, TasksAgainstWholeHostsSayWhatPasses) {
  v1::Topology topology = Hosts(2);
  AddHostTask(topology, "a.1", "/a", "n1", 1000);
  EXPECT_THAT(Notes(*Plan(topology, Partial("a.1", "n2"))),
              HasSubstr("--port"));
  EXPECT_THAT(Notes(*Plan(topology, WithPort(Partial("a.1", "n2"), 1, 2000))),
              Not(HasSubstr("--port")));
}

TEST(Planner, ErrorsOfEveryPartComeThrough) {
  v1::FaultSpec no_seed = Partial("n1", "n2");
  no_seed.set_seed(0);
  EXPECT_EQ(Reason(Plan(Hosts(2), no_seed).status()), "BAD_FIELD");
  EXPECT_EQ(Reason(Plan(Hosts(2), Partial("n1", "n9")).status()), "NOT_FOUND");
  EXPECT_EQ(Reason(Plan(Hosts(2), Partial("n1", "n1")).status()), "OVERLAP");
  EXPECT_EQ(Reason(Plan(Hosts(2), Fault()).status()), "UNKNOWN_ENUM");
}

TEST(Planner, TooLargeAPlanIsRefusedAndNotMade) {
  v1::Topology topology = Hosts(1);
  for (int i = 0; i < 1500; ++i) {
    AddContainer(topology, absl::StrCat("a.", i), "/a", "n1", i);
  }
  v1::FaultSpec spec = Fault();
  auto& shape = *spec.mutable_shape()->mutable_complete();
  shape.add_groups("a.0");
  shape.set_rest(v1::REST_ISOLATED);
  EXPECT_EQ(Plan(topology, spec).status().code(),
            absl::StatusCode::kResourceExhausted);
}

// Each host's flows grow with the hosts, not with the pairs of tasks.
TEST(Planner, TenThousandTasksInHalvesStayFewFlows) {
  v1::Topology topology;
  constexpr int kHosts = 100;
  for (int i = 1; i <= kHosts; ++i) AddHost(topology, i);
  for (int i = 0; i < 10'000; ++i) {
    const std::string host = absl::StrCat("n", 1 + i % kHosts);
    AddHostTask(topology, absl::StrCat("a.", 100'000 + i), "/a", host,
                31'000 + i / kHosts);
  }
  v1::FaultSpec spec = Fault();
  spec.mutable_shape()->mutable_halves()->set_of("/a");
  const auto plan = Plan(topology, spec);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->hosts_size(), kHosts);
  EXPECT_EQ(plan->cuts_size(), 2);
  for (const v1::HostPlan& host : plan->hosts()) {
    EXPECT_LE(host.flows_size(), 2 * kHosts);
  }
  EXPECT_LT(plan->notes_size(), 50);
}

}  // namespace
}  // namespace sunder::controller
