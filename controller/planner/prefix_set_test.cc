#include "controller/planner/prefix_set.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "controller/planner/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

Prefix P(absl::string_view text) { return *Prefix::Parse(text); }

bool In(const std::vector<Prefix>& prefixes, const Address& address) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const Prefix& p) { return p.Contains(address); });
}

TEST(PrefixSet, WithoutLeavesExactlyWhatIsInNoHole) {
  Random random(11);
  for (int round = 0; round < 100; ++round) {
    std::vector<Prefix> holes;
    for (uint64_t n = random.Below(5); n > 0; --n) {
      const int length = 24 + static_cast<int>(random.Below(9));
      const uint64_t last = random.Below(256) >> (32 - length) << (32 - length);
      holes.push_back(P(absl::StrCat("10.0.0.", last, "/", length)));
    }
    const std::vector<Prefix> left = Without(P("10.0.0.0/24"), holes);
    EXPECT_TRUE(std::is_sorted(left.begin(), left.end()));
    for (int i = 0; i < 256; ++i) {
      const Address address = *Address::Parse(absl::StrCat("10.0.0.", i));
      EXPECT_EQ(In(left, address), !In(holes, address)) << i;
    }
  }
}

TEST(PrefixSet, WithoutTakesTheFewestPrefixes) {
  EXPECT_THAT(Without(P("10.0.0.0/30"), {P("10.0.0.1")}),
              testing::ElementsAre(P("10.0.0.0"), P("10.0.0.2/31")));
  EXPECT_EQ(Without(P("::/0"), {P("fd09::1")}).size(), 128u);
  EXPECT_EQ(Without(P("10.0.0.0/8"), {P("fd09::1"), P("11.0.0.1")}).size(), 1u);
  EXPECT_TRUE(Without(P("10.9.0.1"), {P("10.0.0.0/8")}).empty());
}

TEST(PrefixSet, HolesBesideTheMappedAddressesDoNoHarm) {
  const std::vector<Prefix> left = Without(P("::/0"), {P("::fffe:0:1")});
  EXPECT_TRUE(In(left, *Address::Parse("::fffe:0:2")));
  EXPECT_FALSE(In(left, *Address::Parse("::fffe:0:1")));
}

TEST(PrefixSet, OverlapIsMutual) {
  EXPECT_TRUE(Overlap(P("10.0.0.0/8"), P("10.1.0.0/16")));
  EXPECT_TRUE(Overlap(P("10.1.0.0/16"), P("10.0.0.0/8")));
  EXPECT_FALSE(Overlap(P("10.0.0.0/16"), P("10.1.0.0/16")));
  EXPECT_FALSE(Overlap(P("0.0.0.0/0"), P("::/0")));
}

}  // namespace
}  // namespace sunder::controller
