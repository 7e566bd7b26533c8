#include "controller/planner/keep_sides.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::ElementsAre;
using Names = std::vector<std::string>;

// As a shape would divide them anew: the first half on side 0.
Division Anew(const Names& names) {
  Division division;
  for (size_t i = 0; i < names.size(); ++i) {
    division.members.push_back(
        {{MemberKind::kTask, names[i]}, i < names.size() / 2 ? 0 : 1});
  }
  division.cuts = {{0, 1}, {1, 0}};
  return division;
}

v1::Plan PlanOf(const Names& first, const Names& second) {
  v1::Plan plan;
  for (const int side : {0, 1}) {
    for (const std::string& name : side == 0 ? first : second) {
      plan.add_members()->set_name(name);
      plan.mutable_members()->rbegin()->set_side(side);
    }
  }
  return plan;
}

v1::Shape Halves() {
  v1::Shape shape;
  shape.mutable_random_halves();
  return shape;
}

Names NamesOn(const Division& division, int side) {
  Names names;
  for (const auto& sided : division.members) {
    if (sided.side == side) names.push_back(sided.member.name);
  }
  return names;
}

TEST(KeepSides, WhoStaysStaysAndWhoIsNewTakesTheEmptyPlace) {
  Division division = Anew({"a", "b", "c", "x"});
  ASSERT_TRUE(
      KeepSides(PlanOf({"c", "d"}, {"a", "b"}), Halves(), division).ok());
  EXPECT_THAT(NamesOn(division, 0), ElementsAre("c", "x"));
  EXPECT_THAT(NamesOn(division, 1), ElementsAre("a", "b"));
}

TEST(KeepSides, OneWhoGoesFirstAndComesBackLaterHasTheSamePlace) {
  Division without = Anew({"a", "b", "c"});
  ASSERT_TRUE(
      KeepSides(PlanOf({"c", "d"}, {"a", "b"}), Halves(), without).ok());
  EXPECT_THAT(NamesOn(without, 0), ElementsAre("c"));
  Division again = Anew({"a", "b", "c", "x"});
  ASSERT_TRUE(KeepSides(PlanOf({"c"}, {"a", "b"}), Halves(), again).ok());
  EXPECT_THAT(NamesOn(again, 0), ElementsAre("c", "x"));
}

TEST(KeepSides, TheIsolatedOneIsReplacedByOneAlone) {
  v1::Shape shape;
  shape.mutable_isolate_one();
  Division division = Anew({"a", "x", "y"});
  ASSERT_TRUE(KeepSides(PlanOf({"c"}, {"a", "b"}), shape, division).ok());
  EXPECT_THAT(NamesOn(division, 0), ElementsAre("x"));
  EXPECT_THAT(NamesOn(division, 1), ElementsAre("a", "y"));
}

TEST(KeepSides, AMajorityStaysOneAsItGrows) {
  v1::Shape shape;
  shape.mutable_majority();
  Division division = Anew({"a", "b", "c", "d", "e"});
  ASSERT_TRUE(KeepSides(PlanOf({"a", "b"}, {"c"}), shape, division).ok());
  EXPECT_THAT(NamesOn(division, 0), ElementsAre("a", "b", "d"));
  EXPECT_THAT(NamesOn(division, 1), ElementsAre("c", "e"));
}

TEST(KeepSides, ASideWithNobodyIsAnError) {
  Division division = Anew({"a", "b"});
  const absl::Status status =
      KeepSides(PlanOf({"c"}, {"a", "b"}), Halves(), division);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
}

TEST(KeepSides, ShapesThatNameTheirSidesAreLeftAlone) {
  v1::Shape shape;
  shape.mutable_complete();
  Division division = Anew({"a", "b"});
  ASSERT_TRUE(KeepSides(PlanOf({"b"}, {"a"}), shape, division).ok());
  EXPECT_THAT(NamesOn(division, 0), ElementsAre("a"));
}

}  // namespace
}  // namespace sunder::controller
