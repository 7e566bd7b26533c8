#include "controller/planner/port_set.h"

#include <set>

#include "controller/planner/random.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

std::set<uint32_t> Ports(const PortSet& set) {
  std::set<uint32_t> ports;
  for (const v1::PortRange& range : set.ToProto()) {
    for (uint32_t p = range.first(); p <= range.last(); ++p) ports.insert(p);
  }
  return ports;
}

TEST(PortSet, HoldsWhatWasAddedInDisjointRangesApart) {
  Random random(3);
  for (int round = 0; round < 500; ++round) {
    PortSet sets[2];
    std::set<uint32_t> truth[2];
    for (int i = 0; i < 2; ++i) {
      for (uint64_t n = random.Below(8); n > 0; --n) {
        const auto first = static_cast<uint32_t>(1 + random.Below(60));
        const auto last = first + static_cast<uint32_t>(random.Below(12));
        sets[i].Add(first, last);
        for (uint32_t p = first; p <= last; ++p) truth[i].insert(p);
      }
      EXPECT_EQ(Ports(sets[i]), truth[i]);
      EXPECT_EQ(sets[i].empty(), truth[i].empty());
      const PortSet::Ranges ranges = sets[i].ToProto();
      for (int r = 1; r < ranges.size(); ++r) {
        EXPECT_GT(ranges[r].first(), ranges[r - 1].last() + 1);
      }
      EXPECT_EQ(PortSet::Of(ranges), sets[i]);
    }
    std::set<uint32_t> both;
    for (const uint32_t p : truth[0]) {
      if (truth[1].count(p) != 0) both.insert(p);
    }
    EXPECT_EQ(Ports(sets[0].Intersection(sets[1])), both);
    sets[0].Add(sets[1]);
    truth[0].insert(truth[1].begin(), truth[1].end());
    EXPECT_EQ(Ports(sets[0]), truth[0]);
  }
}

TEST(PortSet, ReachesFromTheFirstPortToTheLast) {
  PortSet set;
  set.Add(1, 1);
  set.Add(65535, 65535);
  set.Add(2, 65534);
  ASSERT_EQ(set.ToProto().size(), 1);
  EXPECT_EQ(set.ToProto()[0].first(), 1u);
  EXPECT_EQ(set.ToProto()[0].last(), 65535u);
}

}  // namespace
}  // namespace sunder::controller
