#include "controller/discovery/merge.h"

#include <algorithm>
#include <random>

#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

void AddHost(sunder::v1::Topology& topology, const std::string& name,
             const std::string& address, const std::string& agent_id) {
  auto& host = *topology.add_hosts();
  host.set_name(name);
  host.add_addresses(address);
  host.set_mesos_agent_id(agent_id);
}

sunder::v1::Task Task(const std::string& id, const std::string& reported,
                      const std::string& agent_id) {
  sunder::v1::Task task;
  task.set_id(id);
  task.set_app("/a");
  task.set_reported_host(reported);
  task.set_mesos_agent_id(agent_id);
  return task;
}

sunder::v1::Topology Merged(const sunder::v1::Topology& inventory,
                            const std::vector<sunder::v1::Task>& tasks) {
  MarathonContent content;
  content.tasks = tasks;
  return Merge(inventory, content);
}

TEST(Merge, TheMesosAgentIdDecidesWhateverTheHostname) {
  sunder::v1::Topology inventory;
  AddHost(inventory, "n1", "10.0.0.1", "S1");
  AddHost(inventory, "n2", "10.0.0.2", "S2");
  const auto merged = Merged(inventory, {Task("t", "n1", "S2")});
  EXPECT_EQ(merged.tasks(0).host(), "n2");
  EXPECT_THAT(merged.warnings(), IsEmpty());
}

TEST(Merge, WithoutAnIdInTheInventoryNameOrAddressDecides) {
  sunder::v1::Topology inventory;
  AddHost(inventory, "n1", "10.0.0.1", "");
  AddHost(inventory, "n6", "fd00::6", "");
  const auto merged =
      Merged(inventory, {Task("a", "N1", "S1"), Task("b", "10.0.0.1", "S1"),
                         Task("c", "fd00:0::6", "S6"), Task("d", "n6", "")});
  EXPECT_EQ(merged.tasks(0).host(), "n1");
  EXPECT_EQ(merged.tasks(1).host(), "n1");
  EXPECT_EQ(merged.tasks(2).host(), "n6");
  EXPECT_EQ(merged.tasks(3).host(), "n6");
}

TEST(Merge, TwoAgentsThatClaimOneHostAreNamedAndNotMerged) {
  sunder::v1::Topology inventory;
  AddHost(inventory, "n1", "10.0.0.1", "");
  const auto merged =
      Merged(inventory, {Task("a", "n1", "S1"), Task("b", "10.0.0.1", "S2")});
  EXPECT_EQ(merged.tasks(0).host(), "");
  EXPECT_EQ(merged.tasks(1).host(), "");
  EXPECT_THAT(merged.tasks(0).unreachable_reason(), HasSubstr("both claim"));
  EXPECT_THAT(
      merged.warnings(),
      ElementsAre(AllOf(HasSubstr("S1"), HasSubstr("S2"), HasSubstr("n1"))));
}

TEST(Merge, AnAgentThatTheInventoryContradictsIsNamedOnce) {
  sunder::v1::Topology inventory;
  AddHost(inventory, "n1", "10.0.0.1", "S1");
  const auto merged = Merged(
      inventory,
      {Task("a", "n1", "S1"), Task("b", "n1", "S2"), Task("c", "n1", "S2")});
  EXPECT_EQ(merged.tasks(0).host(), "n1");
  EXPECT_EQ(merged.tasks(1).host(), "");
  EXPECT_THAT(merged.warnings(),
              ElementsAre(AllOf(HasSubstr("S1"), HasSubstr("S2"))));
}

TEST(Merge, ATaskOnNoHostOfOursStaysAndSaysWhy) {
  sunder::v1::Topology inventory;
  AddHost(inventory, "n1", "10.0.0.1", "");
  auto strange = Task("a", "elsewhere", "S9");
  strange.set_unreachable_reason("its app declares no port");
  const auto merged = Merged(inventory, {strange, Task("b", "", "S8")});
  ASSERT_EQ(merged.tasks_size(), 2);
  EXPECT_EQ(merged.tasks(0).host(), "");
  EXPECT_THAT(merged.tasks(0).unreachable_reason(),
              AllOf(HasSubstr("elsewhere"), HasSubstr("declares no port")));
  EXPECT_THAT(merged.tasks(1).unreachable_reason(),
              HasSubstr("does not say on which host"));
}

TEST(Merge, TheInventorysTaskStaysAndAppsAreJoined) {
  sunder::v1::Topology inventory;
  AddHost(inventory, "n1", "10.0.0.1", "");
  auto& task = *inventory.add_tasks();
  task = Task("t", "", "");
  task.set_host("n1");
  inventory.add_apps()->set_id("/z");
  inventory.add_apps()->set_id("/a");
  MarathonContent content;
  content.tasks = {Task("t", "n1", "S1")};
  content.apps.emplace_back().set_id("/a");
  content.apps.back().set_instances(7);
  content.warnings = {"w"};
  const auto merged = Merge(inventory, content);
  ASSERT_EQ(merged.tasks_size(), 1);
  EXPECT_EQ(merged.tasks(0).mesos_agent_id(), "");
  ASSERT_EQ(merged.apps_size(), 2);
  EXPECT_EQ(merged.apps(0).instances(), 7);
  EXPECT_THAT(merged.warnings(), ElementsAre("w", HasSubstr("task t is in")));
}

TEST(Merge, NoTaskIsLostAndOrderDoesNotMatter) {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    sunder::v1::Topology inventory;
    for (int i = 0; i < 5; ++i) {
      AddHost(inventory, "n" + std::to_string(i), "10.0.0." + std::to_string(i),
              random() % 2 ? "S" + std::to_string(i) : "");
    }
    std::vector<sunder::v1::Task> tasks;
    tasks.reserve(20);
    for (int i = 0; i < 20; ++i) {
      tasks.push_back(Task("t" + std::to_string(i),
                           "n" + std::to_string(random() % 7),
                           "S" + std::to_string(random() % 7)));
    }
    const auto merged = Merged(inventory, tasks);
    ASSERT_EQ(merged.tasks_size(), 20);
    for (const auto& task : merged.tasks()) {
      ASSERT_EQ(task.host().empty(), !task.unreachable_reason().empty());
      for (const auto& host : merged.hosts()) {
        // An id that the inventory has never means another host.
        if (!host.mesos_agent_id().empty() &&
            (host.mesos_agent_id() == task.mesos_agent_id()) !=
                (host.name() == task.host())) {
          ADD_FAILURE() << task.DebugString() << host.DebugString();
        }
      }
    }
    std::shuffle(tasks.begin(), tasks.end(), random);
    std::shuffle(inventory.mutable_hosts()->pointer_begin(),
                 inventory.mutable_hosts()->pointer_end(), random);
    auto again = Merged(inventory, tasks);
    std::sort(again.mutable_warnings()->begin(),
              again.mutable_warnings()->end());
    auto sorted = merged;
    std::sort(sorted.mutable_warnings()->begin(),
              sorted.mutable_warnings()->end());
    ASSERT_TRUE(
        google::protobuf::util::MessageDifferencer::Equals(again, sorted));
  }
}

}  // namespace
}  // namespace sunder::controller
