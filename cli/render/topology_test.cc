#include "cli/render/topology_text.h"
#include "cli/render/topology_tree.h"
#include "cli/testing/faults.h"
#include "cli/testing/topologies.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::cli {
namespace {

using ::testing::HasSubstr;

const Style kPlainText;

TEST(HostsText, TellsWhatEachAgentCanDo) {
  EXPECT_EQ(
      HostsText(ShopTopology(), ShopAgents(), kPlainText),
      R"(HOST  AGENT            VERSION  CLOCK    TASKS  ADDRESSES         LABELS                   ERROR
n1    ready            0.1.0    +/-90us  1      10.9.0.1 fd09::1  disk=ssd rack=r1 zone=a  -
n2    unreachable      -        -        1      10.9.0.2          rack=r2 zone=a           connection refused
n3    lacks meta time  0.1.0    -        0      10.9.0.3          -                        -
n4    none             -        -        0      10.9.0.4          -                        -
)");
}

TEST(HostsText, TellsWhoKeepsNewFaultsOutAndWhoHoldsAForeignOne) {
  controller::v1::ListAgentsResponse agents = ShopAgents();
  agents.mutable_agents(0)->add_unknown_faults("f00d");
  agents.mutable_agents(2)->set_latched(true);
  const std::string text = HostsText(ShopTopology(), agents, kPlainText);
  EXPECT_THAT(text, HasSubstr("n1    holds 1 unknown here"));
  EXPECT_THAT(text, HasSubstr("n3    latched"));
}

TEST(AppsText, ComparesWhatRunsWithWhatWasAskedFor) {
  EXPECT_EQ(AppsText(ShopTopology(), kPlainText),
            "APP     RUNNING  ASKED  NETWORK  HOSTS  LABELS\n"
            "/redis  2        3      host     n1 n2  tier=db\n");
}

TEST(TasksText, TellsWhoIsNotReachableAndWhy) {
  EXPECT_EQ(
      TasksText(ShopTopology(), kPlainText),
      R"(TASK     APP     HOST                  STATE    ENDPOINTS                  ADDRESSES  NOT REACHABLE BECAUSE
redis.1  /redis  n1                    RUNNING  tcp/6379 udp/[fd09::1]:53  -          -
redis.2  /redis  n2                    STAGING  -                          10.1.0.2   it is starting
redis.3  /redis  x9 (no host of ours)  RUNNING  -                          -          no host of ours
)");
}

TEST(TopologyTree, StandsHostsInTheirPlaces) {
  EXPECT_EQ(TopologyTree(ShopTopology(), ShopAgents(), kPlainText),
            R"(n3  10.9.0.3
n4  10.9.0.4  agent unreachable
zone a
  rack r1
    n1  10.9.0.1 fd09::1  disk=ssd
      redis.1  /redis  tcp/6379  udp/[fd09::1]:53
  rack r2
    n2  10.9.0.2  agent unreachable
      redis.2  /redis  TASK_STAGING
on no host of ours
  redis.3  /redis
)");
}

TEST(TroublesText, NamesSourcesThatFailAndContradictions) {
  EXPECT_EQ(TroublesText(ShopTopology(), kPlainText),
            "\nnot healthy: marathon http://m: connection refused\n"
            "warning: two agents claim n1\n");
  EXPECT_EQ(TroublesText({}, kPlainText), "");
}

TEST(TopologyText, SaysSoWhereThereIsNothing) {
  EXPECT_EQ(HostsText({}, {}, kPlainText), "No hosts.\n");
  EXPECT_EQ(AppsText({}, kPlainText), "No apps.\n");
  EXPECT_EQ(TasksText({}, kPlainText), "No tasks.\n");
  EXPECT_EQ(TopologyTree({}, {}, kPlainText), "Nothing is there.\n");
}

}  // namespace
}  // namespace sunder::cli
