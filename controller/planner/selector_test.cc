#include "controller/planner/selector.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "controller/planner/test_topology.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Selector : public testing::Test {
 protected:
  Selector() {
    for (int i = 1; i <= 4; ++i) {
      (*AddHost(topology_, i).mutable_labels())["rack"] =
          absl::StrCat("r", (i + 1) / 2);
    }
    AddHost(topology_, 5);
    AddHostTask(topology_, "cart.2", "/shop/cart", "n2", 7002);
    AddHostTask(topology_, "cart.1", "/shop/cart", "n1", 7001);
    (*AddHostTask(topology_, "db.1", "/shop/db", "n3", 5432)
          .mutable_labels())["tier"] = "data";
    topology_.add_apps()->set_id("/empty");
  }

  absl::StatusOr<Selection> Read(absl::string_view text) {
    return Select(TopologyIndex(topology_), text);
  }
  // Names of the members, or the error's message.
  std::vector<std::string> Names(absl::string_view text) {
    const auto selection = Read(text);
    if (!selection.ok()) return {std::string(selection.status().message())};
    std::vector<std::string> names;
    for (const Member& member : selection->members) {
      names.push_back(member.name);
    }
    return names;
  }
  absl::Status Error(absl::string_view text) { return Read(text).status(); }

  v1::Topology topology_;
};

TEST_F(Selector, PicksByNameWithAndWithoutPrefix) {
  EXPECT_THAT(Names("host:n1"), ElementsAre("n1"));
  EXPECT_THAT(Names("n1"), ElementsAre("n1"));
  EXPECT_THAT(Names("task:cart.1"), ElementsAre("cart.1"));
  EXPECT_THAT(Names("cart.1"), ElementsAre("cart.1"));
  EXPECT_EQ(Read("cart.1")->members[0].kind, MemberKind::kTask);
  EXPECT_EQ(Read("n1")->members[0].kind, MemberKind::kHost);
}

TEST_F(Selector, AnAppIsItsTasksInTheOrderOfTheirIds) {
  EXPECT_THAT(Names("app:/shop/cart"), ElementsAre("cart.1", "cart.2"));
  EXPECT_THAT(Names("/shop/cart"), ElementsAre("cart.1", "cart.2"));
}

TEST_F(Selector, AnAppsEndedTasksAreNotPicked) {
  topology_.mutable_tasks(0)->set_state("TASK_KILLED");
  EXPECT_THAT(Names("/shop/cart"), ElementsAre("cart.1"));
  topology_.mutable_tasks(0)->set_state("TASK_UNREACHABLE");
  EXPECT_THAT(Names("/shop/cart"), ElementsAre("cart.1", "cart.2"));
}

TEST_F(Selector, LabelsPickHostsBeforeTasks) {
  EXPECT_THAT(Names("rack=r1"), ElementsAre("n1", "n2"));
  EXPECT_THAT(Names(" rack = r1 "), ElementsAre("n1", "n2"));
  EXPECT_THAT(Names("tier=data"), ElementsAre("db.1"));
  EXPECT_THAT(Names("rack in (r1, r2)"), ElementsAre("n1", "n2", "n3", "n4"));
  EXPECT_THAT(Names("rack in(r2)"), ElementsAre("n3", "n4"));
}

TEST_F(Selector, NotEqualWantsTheLabelToBeThere) {
  EXPECT_THAT(Names("rack!=r1"), ElementsAre("n3", "n4"));
}

TEST_F(Selector, ALabelOfHostsAndTasksNeedsAPrefix) {
  (*topology_.mutable_tasks(0)->mutable_labels())["rack"] = "r1";
  const absl::Status status = Error("rack=r1");
  EXPECT_EQ(Reason(status), "AMBIGUOUS");
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("host:rack=r1"), HasSubstr("task:rack=r1")));
  EXPECT_THAT(Names("host:rack=r1"), ElementsAre("n1", "n2"));
  EXPECT_THAT(Names("task:rack=r1"), ElementsAre("cart.2"));
}

TEST_F(Selector, AddressesAndPrefixesAreOutside) {
  EXPECT_THAT(Names("cidr:10.0.0.0/8"), ElementsAre("10.0.0.0/8"));
  EXPECT_THAT(Names("192.0.2.1"), ElementsAre("192.0.2.1"));
  EXPECT_THAT(Names("192.0.2.1/32,2001:DB8::/32"),
              ElementsAre("192.0.2.1", "2001:db8::/32"));
  EXPECT_EQ(Read("::1")->members[0].kind, MemberKind::kExternal);
  EXPECT_EQ(Reason(Error("cidr:10.0.0.1/8")), "BAD_ADDRESS");
}

TEST_F(Selector, TermsAreAUnionInTheirOrderWithoutRepeats) {
  EXPECT_THAT(Names("n3, rack in (r1,r2), /shop/db,n3"),
              ElementsAre("n3", "n1", "n2", "n4", "db.1"));
}

TEST_F(Selector, KnowsWhetherEachMemberWasNamed) {
  EXPECT_TRUE(Read("cart.1,task:db.1")->each_by_name);
  EXPECT_FALSE(Read("cart.1,/shop/db")->each_by_name);
  EXPECT_FALSE(Read("tier=data")->each_by_name);
}

TEST_F(Selector, TwoReadingsAreAnErrorThatNamesBoth) {
  AddHostTask(topology_, "n1", "/odd", "n1", 1);
  const absl::Status status = Error("n1");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("host:n1"), HasSubstr("task:n1")));
  EXPECT_EQ(Read("task:n1")->members[0].kind, MemberKind::kTask);
}

TEST_F(Selector, AHostsOwnAddressHasTwoReadings) {
  const absl::Status status = Error("10.9.0.3");
  EXPECT_EQ(Reason(status), "AMBIGUOUS");
  EXPECT_THAT(Advice(status),
              AllOf(HasSubstr("cidr:10.9.0.3"), HasSubstr("host:n3")));
  EXPECT_THAT(Names("cidr:10.9.0.3"), ElementsAre("10.9.0.3"));
}

TEST_F(Selector, WhatIsNotThereSuggestsWhatIs) {
  EXPECT_EQ(Error("n9").code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Advice(Error("/shop/crat")), HasSubstr("/shop/cart"));
  EXPECT_THAT(Advice(Error("app:/cart")), HasSubstr("/shop/cart"));
  EXPECT_THAT(Advice(Error("cart.9")), HasSubstr("cart.1 or cart.2"));
  EXPECT_THAT(Advice(Error("host:m1")), HasSubstr("n1"));
  EXPECT_THAT(Advice(Error("rack=r7")), HasSubstr("r1, r2"));
  EXPECT_THAT(Advice(Error("rakc=r1")), HasSubstr("rack, tier"));
  EXPECT_THAT(Advice(Error("what.is.this.example")), HasSubstr("cidr:"));
}

TEST_F(Selector, AnAppWithoutTasksIsNoMember) {
  EXPECT_EQ(Error("/empty").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Reason(Error("n1,/empty")), "EMPTY");
}

TEST_F(Selector, DnsSaysWhatToUseInstead) {
  const absl::Status status = Error("dns:db.example.com");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(Advice(status), HasSubstr("cidr:"));
}

TEST_F(Selector, RefusesMalformedText) {
  for (absl::string_view bad : {"",
                                " ",
                                ",",
                                "n1,",
                                ",n1",
                                "n1,,n2",
                                "host:",
                                "rack=",
                                "=r1",
                                "rack in (r1",
                                "rack in r1)",
                                "rack in ()",
                                "rack in (r1,)",
                                "in (r1)",
                                "rack in (r1) x",
                                "rack==r1",
                                "rack!r1",
                                "rack=r1=r2",
                                "((",
                                "a(b)",
                                "rack in ((r1))",
                                "task:\xc1ier=web",
                                "n1\n",
                                "\xff",
                                "rack not in (r1)",
                                "cidr:a=b"}) {
    const absl::Status status = Error(bad);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_EQ(Reason(status), "BAD_SELECTOR") << bad;
    EXPECT_NE(Advice(status), "") << bad;
  }
  EXPECT_EQ(Reason(Error(std::string(5000, '!'))), "BAD_SELECTOR");
  EXPECT_EQ(Reason(Error(std::string(2 << 20, 'x'))), "BAD_SELECTOR");
}

}  // namespace
}  // namespace sunder::controller
