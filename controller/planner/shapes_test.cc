#include "controller/planner/shapes.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controller/planner/random.h"
#include "controller/planner/test_topology.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Names = std::vector<std::string>;
using Cuts = std::set<std::pair<std::string, std::string>>;

Names OnSide(const Division& division, int side) {
  Names names;
  for (const auto& sided : division.members) {
    if (sided.side == side) names.push_back(sided.member.name);
  }
  return names;
}

// Every ordered pair of names that is cut.
Cuts Pairs(const Division& division) {
  Cuts cuts;
  for (size_t from = 0; from < division.members.size(); ++from) {
    for (size_t to = 0; to < division.members.size(); ++to) {
      if (division.IsCut(from, to)) {
        cuts.emplace(division.members[from].member.name,
                     division.members[to].member.name);
      }
    }
  }
  return cuts;
}

Cuts Product(const Names& from, const Names& to) {
  Cuts cuts;
  for (const std::string& a : from) {
    for (const std::string& b : to) {
      if (a != b) cuts.emplace(a, b);
    }
  }
  return cuts;
}

Cuts Union(Cuts a, const Cuts& b) {
  a.insert(b.begin(), b.end());
  return a;
}

Cuts BothWays(const Names& a, const Names& b) {
  return Union(Product(a, b), Product(b, a));
}

absl::StatusOr<Division> Divide(const v1::Topology& topology,
                                const v1::Shape& shape, uint64_t seed = 1) {
  return Divide(TopologyIndex(topology), shape, seed);
}

v1::Shape CompleteShape(const Names& groups, v1::Rest rest,
                        const std::string& among = "") {
  v1::Shape shape;
  for (const std::string& group : groups) {
    shape.mutable_complete()->add_groups(group);
  }
  shape.mutable_complete()->set_rest(rest);
  shape.mutable_complete()->set_among(among);
  return shape;
}

// Random hosts, taken apart at random into `groups` groups and a rest.
struct RandomGroups {
  explicit RandomGroups(Random& random)
      : topology(Hosts(3 + static_cast<int>(random.Below(8)))),
        groups(2 + random.Below(2)) {
    for (const v1::Host& host : topology.hosts()) all.push_back(host.name());
    Names shuffled = all;
    Shuffle(shuffled, random);
    for (size_t i = 0; i < shuffled.size(); ++i) {
      const size_t to = i < groups.size() ? i : random.Below(groups.size() + 1);
      (to < groups.size() ? groups[to] : rest).push_back(shuffled[i]);
    }
    for (const Names& group : groups) {
      texts.push_back(absl::StrJoin(group, ","));
    }
  }
  v1::Topology topology;
  std::vector<Names> groups;
  Names all, rest, texts;
};

void ForManyGroups(const std::function<void(const RandomGroups&)>& check) {
  Random random(2026);
  for (int round = 0; round < 200; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    check(RandomGroups(random));
  }
}

Cuts BetweenGroups(const RandomGroups& random) {
  Cuts cuts;
  for (const Names& a : random.groups) {
    for (const Names& b : random.groups) {
      if (&a != &b) cuts = Union(cuts, Product(a, b));
    }
  }
  return cuts;
}

TEST(Shapes, CompleteCutsDifferentGroupsAndBridgesTheRest) {
  ForManyGroups([](const RandomGroups& random) {
    const auto division = Divide(
        random.topology, CompleteShape(random.texts, v1::REST_UNSPECIFIED));
    ASSERT_TRUE(division.ok()) << division.status();
    EXPECT_EQ(Pairs(*division), BetweenGroups(random));
    EXPECT_EQ(division->members.size(), random.all.size());
    EXPECT_EQ(OnSide(*division, kNoSide).size(), random.rest.size());
    for (size_t side = 0; side < random.groups.size(); ++side) {
      EXPECT_EQ(OnSide(*division, static_cast<int>(side)), random.groups[side]);
    }
  });
}

TEST(Shapes, AnIsolatedRestHearsNobodyAndIsHeardByNobody) {
  ForManyGroups([](const RandomGroups& random) {
    const auto division =
        Divide(random.topology, CompleteShape(random.texts, v1::REST_ISOLATED));
    ASSERT_TRUE(division.ok()) << division.status();
    EXPECT_EQ(Pairs(*division),
              Union(BetweenGroups(random), BothWays(random.rest, random.all)));
  });
}

TEST(Shapes, ARestIsAnErrorWhereTheShapeSaysSo) {
  ForManyGroups([](const RandomGroups& random) {
    const auto division =
        Divide(random.topology, CompleteShape(random.texts, v1::REST_ERROR));
    ASSERT_EQ(division.ok(), random.rest.empty());
    if (division.ok()) return;
    EXPECT_EQ(Reason(division.status()), "REST");
    EXPECT_THAT(
        std::string(division.status().message()),
        HasSubstr(*std::min_element(random.rest.begin(), random.rest.end())));
  });
}

TEST(Shapes, PartialAndSimplexCutTheirProduct) {
  ForManyGroups([](const RandomGroups& random) {
    v1::Shape partial, simplex;
    partial.mutable_partial()->set_a(random.texts[0]);
    partial.mutable_partial()->set_b(random.texts[1]);
    simplex.mutable_simplex()->set_from(random.texts[0]);
    simplex.mutable_simplex()->set_to(random.texts[1]);
    EXPECT_EQ(Pairs(*Divide(random.topology, partial)),
              BothWays(random.groups[0], random.groups[1]));
    EXPECT_EQ(Pairs(*Divide(random.topology, simplex)),
              Product(random.groups[0], random.groups[1]));
  });
}

// Two sides that hold everybody, in order, cut both ways.
void ExpectTwoSides(const Division& division, const Names& all, size_t size) {
  const Names first = OnSide(division, 0), second = OnSide(division, 1);
  EXPECT_EQ(first.size(), size);
  EXPECT_EQ(first.size() + second.size(), all.size());
  EXPECT_EQ(Pairs(division), BothWays(first, second));
  Names both = first;
  both.insert(both.end(), second.begin(), second.end());
  EXPECT_THAT(both, testing::UnorderedElementsAreArray(all));
}

TEST(Shapes, HalvesPutTheSmallerSideFirst) {
  ForManyGroups([](const RandomGroups& random) {
    v1::Shape shape;
    shape.mutable_halves()->set_of(absl::StrJoin(random.all, ","));
    const auto division = Divide(random.topology, shape);
    ASSERT_TRUE(division.ok()) << division.status();
    const size_t half = random.all.size() / 2;
    ExpectTwoSides(*division, random.all, half);
    EXPECT_EQ(OnSide(*division, 0),
              Names(random.all.begin(), random.all.begin() + half));
  });
}

TEST(Shapes, RandomHalvesDependOnTheSeedAlone) {
  std::map<Names, int> times;
  v1::Shape shape;
  shape.mutable_random_halves()->set_of("n1,n2,n3,n4,n5");
  const v1::Topology topology = Hosts(5);
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    const auto division = Divide(topology, shape, seed);
    ASSERT_TRUE(division.ok());
    ExpectTwoSides(*division, {"n1", "n2", "n3", "n4", "n5"}, 2);
    EXPECT_EQ(OnSide(*Divide(topology, shape, seed), 0), OnSide(*division, 0));
    Names small = OnSide(*division, 0);
    std::sort(small.begin(), small.end());
    ++times[small];
  }
  ASSERT_EQ(times.size(), 10u);
  for (const auto& [small, n] : times) EXPECT_NEAR(n, 200, 60);
}

TEST(Shapes, IsolateOneTakesTheNamedOrASeededOne) {
  const v1::Topology topology = Hosts(4);
  v1::Shape shape;
  shape.mutable_isolate_one()->set_of("n1,n2,n3,n4");
  std::map<std::string, int> times;
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    const auto division = Divide(topology, shape, seed);
    ASSERT_TRUE(division.ok());
    ExpectTwoSides(*division, {"n1", "n2", "n3", "n4"}, 1);
    ++times[OnSide(*division, 0)[0]];
  }
  for (const auto& [name, n] : times) EXPECT_NEAR(n, 500, 100) << name;

  shape.mutable_isolate_one()->set_one("host:n3");
  const auto division = Divide(topology, shape);
  EXPECT_THAT(OnSide(*division, 0), ElementsAre("n3"));
  EXPECT_THAT(OnSide(*division, 1), ElementsAre("n1", "n2", "n4"));
}

TEST(Shapes, IsolateOneWantsOneOfTheMembers) {
  v1::Shape shape;
  shape.mutable_isolate_one()->set_of("n1,n2");
  for (const char* one : {"n3", "n1,n2"}) {
    shape.mutable_isolate_one()->set_one(one);
    EXPECT_EQ(Reason(Divide(Hosts(3), shape).status()), "BAD_SHAPE") << one;
  }
}

TEST(Shapes, AMajorityIsMoreThanHalfOrAsLargeAsSaid) {
  ForManyGroups([](const RandomGroups& random) {
    const size_t n = random.all.size();
    v1::Shape shape;
    shape.mutable_majority()->set_of(absl::StrJoin(random.all, ","));
    const auto division = Divide(random.topology, shape);
    ASSERT_TRUE(division.ok()) << division.status();
    ExpectTwoSides(*division, random.all, n / 2 + 1);
    EXPECT_GT(2 * OnSide(*division, 0).size(), n);
    for (size_t size = 1; size < n; ++size) {
      shape.mutable_majority()->set_size(size);
      ExpectTwoSides(*Divide(random.topology, shape), random.all, size);
    }
    shape.mutable_majority()->set_size(n);
    EXPECT_EQ(Reason(Divide(random.topology, shape).status()), "BAD_SHAPE");
  });
}

TEST(Shapes, TheRestOfTasksIsTheirAppsTasks) {
  v1::Topology topology = Hosts(3);
  for (int i = 1; i <= 4; ++i) {
    AddHostTask(topology, absl::StrCat("a.", i), "/a", "n1", 1000 + i);
  }
  AddHostTask(topology, "b.1", "/b", "n2", 2000);
  topology.mutable_tasks(3)->set_state("TASK_FINISHED");
  const auto division =
      Divide(topology, CompleteShape({"a.1", "a.2"}, v1::REST_BRIDGE));
  EXPECT_THAT(OnSide(*division, kNoSide), ElementsAre("a.3"));
  const auto among = Divide(
      topology, CompleteShape({"a.1", "a.2"}, v1::REST_ISOLATED, "/a,/b"));
  EXPECT_THAT(OnSide(*among, 2), ElementsAre("a.3", "b.1"));
}

TEST(Shapes, OneGroupIsEnoughWhereTheRestIsIsolated) {
  const auto division =
      Divide(Hosts(3), CompleteShape({"n1"}, v1::REST_ISOLATED));
  EXPECT_EQ(Pairs(*division).size(), 6u);
  EXPECT_EQ(
      Reason(Divide(Hosts(3), CompleteShape({"n1"}, v1::REST_BRIDGE)).status()),
      "BAD_SHAPE");
  EXPECT_EQ(
      Reason(
          Divide(Hosts(1), CompleteShape({"n1"}, v1::REST_ISOLATED)).status()),
      "BAD_SHAPE");
}

TEST(Shapes, SidesThatOverlapAreRefused) {
  v1::Topology topology = Hosts(3);
  AddHostTask(topology, "a.1", "/a", "n1", 1000);
  for (const Names& groups :
       std::vector<Names>{{"n1,n2", "n2,n3"},
                          {"n1", "a.1"},  // A host holds its tasks.
                          {"n2", "n1,a.1"},
                          {"10.0.0.0/8", "n1,10.1.0.0/16"},
                          {"10.0.0.0/8,10.1.0.0/16", "10.1.2.0/24,n1"}}) {
    const absl::Status status =
        Divide(topology, CompleteShape(groups, v1::REST_BRIDGE)).status();
    EXPECT_EQ(Reason(status), "OVERLAP") << absl::StrJoin(groups, " | ");
  }
  EXPECT_TRUE(Divide(topology, CompleteShape({"10.0.0.0/8,10.1.0.0/16", "n1"},
                                             v1::REST_BRIDGE))
                  .ok());
}

TEST(Shapes, EmptyGroupsAndSingleMembersAreRefused) {
  EXPECT_EQ(Reason(Divide(Hosts(2), CompleteShape({"n1", ""}, v1::REST_BRIDGE))
                       .status()),
            "BAD_SHAPE");
  v1::Shape halves, majority, isolate;
  halves.mutable_halves()->set_of("n1");
  majority.mutable_majority()->set_of("n1");
  isolate.mutable_isolate_one()->set_of("n1");
  for (const v1::Shape& shape : {halves, majority, isolate}) {
    EXPECT_EQ(Reason(Divide(Hosts(2), shape).status()), "BAD_SHAPE");
  }
}

TEST(Shapes, WhatIsNotKnownIsRefused) {
  EXPECT_EQ(Reason(Divide(Hosts(2), v1::Shape()).status()), "UNKNOWN_ENUM");
  EXPECT_EQ(Reason(Divide(Hosts(2),
                          CompleteShape({"n1", "n2"}, static_cast<v1::Rest>(9)))
                       .status()),
            "UNKNOWN_ENUM");
  EXPECT_EQ(Divide(Hosts(2), CompleteShape({"n1", "n9"}, v1::REST_BRIDGE))
                .status()
                .code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace sunder::controller
