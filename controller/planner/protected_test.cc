#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controller/planner/planner.h"
#include "controller/planner/test_topology.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

// Agents over TCP; the controller and its Marathon on n1.
class Protected : public testing::Test {
 protected:
  Protected() : topology_(Hosts(3)) {
    for (v1::Host& host : *topology_.mutable_hosts()) {
      host.set_agent(absl::StrCat(host.addresses(0), ":7000"));
    }
    deployment_.controller_addresses = {"10.9.0.1", "127.0.0.1"};
    deployment_.listen = "0.0.0.0:7070";
    deployment_.services = {{"marathon", "10.9.0.2", 8080}};
    spec_.mutable_behaviour()->mutable_drop();
    spec_.mutable_duration()->set_seconds(60);
    spec_.set_seed(1);
  }

  absl::StatusOr<v1::Plan> Cut(const std::string& a, const std::string& b) {
    spec_.mutable_shape()->mutable_partial()->set_a(a);
    spec_.mutable_shape()->mutable_partial()->set_b(b);
    return MakePlan(topology_, spec_, deployment_);
  }
  void Port(uint32_t first, uint32_t last) {
    v1::PortRange& range = *spec_.mutable_filter()->add_ports();
    range.set_first(first);
    range.set_last(last);
  }
  // "local:port <- peer", "local-> peer:port".
  std::vector<std::string> At(const v1::Plan& plan, const std::string& host) {
    std::vector<std::string> tuples;
    for (const v1::HostPlan& h : plan.hosts()) {
      if (h.host() != host) continue;
      for (const v1::ProtectedTuple& t : h.protected_()) {
        tuples.push_back(t.port_is_remote()
                             ? absl::StrCat(t.local_address(), "-> ", t.peer(),
                                            ":", t.port())
                             : absl::StrCat(t.local_address(), ":", t.port(),
                                            " <- ", t.peer()));
      }
    }
    return tuples;
  }

  v1::Topology topology_;
  v1::FaultSpec spec_;
  Deployment deployment_;
};

TEST_F(Protected, AgentsAreReachedFromTheController) {
  const auto plan = Cut("n2", "n3");
  ASSERT_TRUE(plan.ok()) << plan.status();
  // Agents listen on any of their addresses, and spare whoever calls there.
  EXPECT_THAT(At(*plan, "n2"),
              AllOf(Contains(":7000 <- "), Not(Contains("-> 10.9.0.3:7000")),
                    Contains("-> 10.9.0.1:7070")));
}

TEST_F(Protected, TheControllersHostHearsEveryAgentMarathonAndClients) {
  const auto plan = Cut("n1", "n2");
  EXPECT_THAT(At(*plan, "n1"),
              AllOf(Contains("-> 10.9.0.2:7000"), Contains("-> 10.9.0.3:7000"),
                    Contains("-> 10.9.0.2:8080"), Contains(":7070 <- ")));
  EXPECT_THAT(At(*plan, "n2"), Contains("10.9.0.2:8080 <- 10.9.0.1"));
}

TEST_F(Protected, SshStaysOpenInBothRoles) {
  EXPECT_THAT(At(*Cut("n2", "n3"), "n3"),
              AllOf(Contains(":22 <- "), Contains("-> :22")));
  deployment_.ssh_port = 0;
  EXPECT_THAT(At(*Cut("n2", "n3"), "n3"),
              AllOf(Contains(":22 <- "), Contains("-> :22")));
}

TEST_F(Protected, AnotherPortOfSshsComesOnTopOfTheOneThatAgentsSpare) {
  deployment_.ssh_port = 2222;
  EXPECT_THAT(At(*Cut("n2", "n3"), "n3"),
              AllOf(Contains(":22 <- "), Contains("-> :22"),
                    Contains(":2222 <- "), Contains("-> :2222")));
  Port(22, 22);
  EXPECT_EQ(Reason(Cut("n2", "n3").status()), "PROTECTED");
}

TEST_F(Protected, UnixSocketsNeedNothing) {
  topology_ = Hosts(3);
  deployment_ = Deployment();
  deployment_.ssh_port = 0;
  deployment_.listen = "unix:/run/sunder/controller.sock";
  const auto plan = Cut("n1", "n2");
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(At(*plan, "n1"), UnorderedElementsAre(":22 <- ", "-> :22"));
}

TEST_F(Protected, AServiceOfUnknownAddressMayBeOnAnyHost) {
  deployment_.services = {{"marathon", "", 8080}};
  const auto plan = Cut("n1", "n2");
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(At(*plan, "n2"), Contains(":8080 <- 10.9.0.1"));
  EXPECT_THAT(At(*plan, "n1"), Contains("-> :8080"));
  Port(8080, 8080);
  EXPECT_EQ(Reason(Cut("n1", "n3").status()), "PROTECTED");
  EXPECT_TRUE(Cut("n2", "n3").ok());
}

TEST_F(Protected, WhereTheControllerIsNotKnownAgentsHearAnybody) {
  deployment_.controller_addresses.clear();
  const auto plan = Cut("n2", "n3");
  EXPECT_THAT(At(*plan, "n2"),
              AllOf(Contains(":7000 <- "), Contains("-> :7000")));
}

TEST_F(Protected, AControllerBehindAnyHostsTranslationHearsEveryAgent) {
  deployment_.controller_addresses = {"172.17.0.2", "127.0.0.1"};
  const auto plan = Cut("n1", "n2");
  ASSERT_TRUE(plan.ok()) << plan.status();
  // It may be on n1: what it hears comes from every agent and from Marathon.
  EXPECT_THAT(At(*plan, "n1"),
              AllOf(Contains("-> :7000"), Contains("-> 10.9.0.2:8080")));
  // Its packets bear the address of the host that it is on.
  EXPECT_THAT(At(*plan, "n2"),
              AllOf(Contains(":7000 <- "), Contains("-> :7000"),
                    Contains("10.9.0.2:8080 <- ")));
}

TEST_F(Protected, AnAgentKnownByNameIsProtectedOnEachAddress) {
  topology_.mutable_hosts(1)->set_agent("n2.example:7000");
  const auto plan = Cut("n1", "n2");
  EXPECT_THAT(At(*plan, "n2"), Contains(":7000 <- "));
  EXPECT_THAT(At(*plan, "n1"),
              AllOf(Contains("-> 10.9.0.2:7000"), Contains("-> fd09::2:7000")));
}

TEST_F(Protected, TheOperatorsListHoldsEverywhere) {
  v1::ProtectedTuple tuple;
  tuple.set_port(9100);
  tuple.set_peer("10.8.0.0/24");
  tuple.set_why("monitoring");
  deployment_.operator_list.push_back(tuple);
  const auto plan = Cut("n2", "n3");
  EXPECT_THAT(At(*plan, "n2"), Contains(":9100 <- 10.8.0.0/24"));
  EXPECT_THAT(At(*plan, "n3"), Contains(":9100 <- 10.8.0.0/24"));
}

TEST_F(Protected, TheOperatorsListHoldsForTheAnswersToo) {
  v1::ProtectedTuple tuple;
  tuple.set_port(9100);
  deployment_.operator_list.push_back(tuple);
  tuple.set_port(9200);
  tuple.set_peer("10.9.0.0/24");
  deployment_.operator_list.push_back(tuple);
  EXPECT_THAT(At(*Cut("n2", "n3"), "n3"),
              AllOf(Contains("-> :9100"), Contains("10.9.0.0/24-> :9200")));
}

TEST_F(Protected, WhatAFaultCoversByTheWayIsCarvedOutAndSaid) {
  const auto plan = Cut("n1", "n2");
  const std::string notes = absl::StrJoin(plan->notes(), "\n");
  EXPECT_THAT(notes, HasSubstr("stays open: control channel of n2"));
  EXPECT_THAT(notes, HasSubstr("stays open: ssh"));
  // n3's channel is not between the two.
  EXPECT_THAT(notes, Not(HasSubstr("control channel of n3")));
}

TEST_F(Protected, AFaultThatNamesThePortIsRefused) {
  Port(7000, 7000);
  const absl::Status status = Cut("n1", "n2").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Reason(status), "PROTECTED");
  EXPECT_THAT(std::string(status.message()), HasSubstr("control channel"));
  // The agents at both ends spare that port of theirs for anybody.
  EXPECT_EQ(Reason(Cut("n2", "n3").status()), "PROTECTED");
  // Where no agent listens it is a port like any.
  topology_.mutable_hosts(1)->set_agent("unix:/run/n2.sock");
  topology_.mutable_hosts(2)->set_agent("unix:/run/n3.sock");
  EXPECT_TRUE(Cut("n2", "n3").ok());
}

TEST_F(Protected, ARangeThatHoldsThePortIsCarvedOut) {
  Port(6000, 8000);
  const auto plan = Cut("n1", "n2");
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(absl::StrJoin(plan->notes(), "\n"),
              HasSubstr("control channel of n2"));
}

TEST_F(Protected, AFaultThatNamesTheControllersAddressIsRefused) {
  deployment_.controller_addresses = {"10.8.0.1"};
  EXPECT_EQ(Reason(Cut("n2", "cidr:10.8.0.1").status()), "PROTECTED");
  EXPECT_TRUE(Cut("n2", "cidr:10.8.0.0/24").ok());
  Port(5432, 5432);
  EXPECT_TRUE(Cut("n2", "cidr:10.8.0.1").ok());
}

}  // namespace
}  // namespace sunder::controller
