#include "controller/planner/victims.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "controller/planner/random.h"
#include "controller/planner/test_topology.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::HasSubstr;
using Kind = KillAmount::Kind;

v1::Topology App(int tasks) {
  v1::Topology topology = Hosts(1);
  for (int i = 0; i < tasks; ++i) {
    AddHostTask(topology, absl::StrCat("a.", 100 + i), "/a", "n1", 1000 + i);
  }
  return topology;
}

std::optional<std::string> Free(const v1::Task&) { return std::nullopt; }

std::vector<std::string> Ids(const Victims& victims) {
  std::vector<std::string> ids;
  ids.reserve(victims.chosen.size());
  for (const v1::Task& task : victims.chosen) ids.push_back(task.id());
  return ids;
}

TEST(Victims, AreAsManyAsAskedSortedDistinctAndFree) {
  Random random(5);
  for (int round = 0; round < 300; ++round) {
    const int tasks = 1 + static_cast<int>(random.Below(30));
    const v1::Topology topology = App(tasks);
    std::set<std::string> guarded;
    for (const v1::Task& task : topology.tasks()) {
      if (random.Below(4) == 0) guarded.insert(task.id());
    }
    const auto is_protected =
        [&](const v1::Task& task) -> std::optional<std::string> {
      if (guarded.count(task.id()) == 0) return std::nullopt;
      return "guarded";
    };
    const size_t free = tasks - guarded.size();
    const auto percent = static_cast<uint32_t>(1 + random.Below(100));
    const auto victims =
        ChooseVictims(topology, "/a", {Kind::kPercent, percent},
                      1 + random.Next() / 2, is_protected);
    ASSERT_TRUE(victims.ok()) << victims.status();
    const std::vector<std::string> ids = Ids(*victims);
    size_t wanted = 0;
    while (wanted * 100 < size_t{percent} * tasks) ++wanted;
    EXPECT_EQ(ids.size(), std::min(wanted, free));
    EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
    EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
    for (const std::string& id : ids) EXPECT_EQ(guarded.count(id), 0u);
    EXPECT_EQ(victims->refused.size(), guarded.size());
  }
}

TEST(Victims, ASeedKeepsItsChoice) {
  const v1::Topology topology = App(10);
  std::set<std::vector<std::string>> choices;
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    const auto once =
        ChooseVictims(topology, "/a", {Kind::kCount, 3}, seed, Free);
    const auto again =
        ChooseVictims(topology, "/a", {Kind::kCount, 3}, seed, Free);
    ASSERT_TRUE(once.ok());
    EXPECT_EQ(Ids(*once), Ids(*again));
    EXPECT_EQ(once->chosen.size(), 3u);
    choices.insert(Ids(*once));
  }
  EXPECT_GT(choices.size(), 40u);  // Of 120.
}

TEST(Victims, EveryTaskIsAsLikely) {
  const v1::Topology topology = App(5);
  std::map<std::string, int> times;
  for (uint64_t seed = 1; seed <= 5000; ++seed) {
    ++times[ChooseVictims(topology, "/a", {Kind::kCount, 1}, seed, Free)
                ->chosen[0]
                .id()];
  }
  ASSERT_EQ(times.size(), 5u);
  for (const auto& [id, n] : times) EXPECT_NEAR(n, 1000, 150) << id;
}

TEST(Victims, WithoutAnAmountEachMustBeNamed) {
  const v1::Topology topology = App(3);
  const auto named = ChooseVictims(topology, "a.101,task:a.100", {}, 0, Free);
  ASSERT_TRUE(named.ok()) << named.status();
  EXPECT_THAT(Ids(*named), testing::ElementsAre("a.100", "a.101"));
  const absl::Status status =
      ChooseVictims(topology, "/a", {}, 0, Free).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Advice(status), HasSubstr("how many"));
}

TEST(Victims, AllOfAnAppNeedsNoSeed) {
  const auto victims = ChooseVictims(App(3), "/a", {Kind::kAll}, 0, Free);
  ASSERT_TRUE(victims.ok());
  EXPECT_EQ(victims->chosen.size(), 3u);
}

TEST(Victims, ACountThatIsNotLeftIsRefused) {
  const v1::Topology topology = App(3);
  const auto first_is_ours =
      [](const v1::Task& task) -> std::optional<std::string> {
    if (task.id() != "a.100") return std::nullopt;
    return "our controller";
  };
  const absl::Status status =
      ChooseVictims(topology, "/a", {Kind::kCount, 3}, 1, first_is_ours)
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Advice(status), HasSubstr("at most 2"));
  const auto all =
      ChooseVictims(topology, "/a", {Kind::kAll}, 1, first_is_ours);
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->refused[0].reason, "our controller");
  EXPECT_EQ(all->refused[0].task.id(), "a.100");
}

TEST(Victims, RefusesHostsAndAmountsOutOfRange) {
  const v1::Topology topology = App(3);
  const auto code = [&](absl::string_view selector, KillAmount amount,
                        uint64_t seed) {
    return ChooseVictims(topology, selector, amount, seed, Free)
        .status()
        .code();
  };
  EXPECT_EQ(code("n1", {Kind::kAll}, 1), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code("10.0.0.0/8", {Kind::kAll}, 1),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code("/a", {Kind::kCount, 0}, 1),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code("/a", {Kind::kPercent, 0}, 1),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code("/a", {Kind::kPercent, 101}, 1),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code("/a", {Kind::kCount, 1}, 0),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code("/b", {Kind::kAll}, 1), absl::StatusCode::kNotFound);
  EXPECT_EQ(code("/a", {Kind::kPercent, 100}, 1), absl::StatusCode::kOk);
}

}  // namespace
}  // namespace sunder::controller
