#include "controller/core/term.h"

#include <limits>
#include <random>
#include <set>

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();

WallInstant At(int64_t seconds) {
  return WallInstant::FromNanos(seconds * 1'000'000'000);
}

TEST(NextTerm, IsAboveTheLastWhateverTheClockSays) {
  for (const uint64_t random : {uint64_t{0}, kMost}) {
    uint64_t last = 0;
    for (const int64_t seconds : {1000, 1000, 500, -7, 2000}) {
      const uint64_t next = NextTerm(last, At(seconds), random);
      EXPECT_GT(next, last);
      last = next;
    }
  }
}

TEST(NextTerm, IsAboveAllOfEarlierSecondsThoughItsDiskIsLost) {
  EXPECT_GT(NextTerm(0, At(1002), 0), NextTerm(0, At(1000), kMost));
}

TEST(NextTerm, DiffersBetweenCopiesThatStartInTheSameSecond) {
  std::mt19937_64 random(1);
  const uint64_t last = NextTerm(0, At(1000), random());
  std::set<uint64_t> terms;
  for (int i = 0; i < 100; ++i) {
    terms.insert(NextTerm(last, At(1000), random()));
  }
  EXPECT_EQ(terms.size(), 100u);
}

TEST(NextTerm, FitsWhereItIsKeptInTheFarthestFuture) {
  const auto far = WallInstant::FromNanos(std::numeric_limits<int64_t>::max());
  EXPECT_LE(NextTerm(0, far, kMost),
            uint64_t{std::numeric_limits<int64_t>::max()});
}

}  // namespace
}  // namespace sunder::controller
