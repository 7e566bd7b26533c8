#include "controller/api/resolver.h"

#include <atomic>

#include "absl/synchronization/notification.h"
#include "controller/api/deployment_facts.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;

TEST(Resolver, KnowsThisMachine) {
  Resolver resolver;
  const auto addresses = resolver.Resolve("localhost");
  ASSERT_TRUE(addresses.ok()) << addresses.status();
  EXPECT_THAT(*addresses, Contains(AnyOf("127.0.0.1", "::1")));
}

TEST(Resolver, DoesNotWaitLongAndAsksOnceAtATime) {
  // Shared: the thread that looks up outlives its resolver.
  struct State {
    std::atomic<int> asked = 0;
    absl::Notification answer;
  };
  auto state = std::make_shared<State>();
  Resolver resolver(
      [state](const std::string&) -> Resolver::Addresses {
        ++state->asked;
        state->answer.WaitForNotification();
        return std::vector<std::string>{"10.9.0.2"};
      },
      absl::Milliseconds(20));
  EXPECT_TRUE(absl::IsDeadlineExceeded(resolver.Resolve("m1").status()));
  EXPECT_TRUE(absl::IsDeadlineExceeded(resolver.Resolve("m1").status()));
  EXPECT_LE(state->asked, 1);
  state->answer.Notify();
  Resolver::Addresses addresses = resolver.Resolve("m1");
  while (!addresses.ok()) addresses = resolver.Resolve("m1");
  EXPECT_THAT(*addresses, ElementsAre("10.9.0.2"));
}

TEST(DeploymentFacts, ServicesByNameAreOneForEachAddress) {
  Resolver resolver([](const std::string& name) -> Resolver::Addresses {
    if (name != "m1.example") return absl::UnavailableError("no such name");
    // In another order each time, as from a name server that deals them out.
    return std::vector<std::string>{"fd09::2", "10.9.0.2", "10.9.0.2"};
  });
  Deployment deployment;
  deployment.services = {*MarathonService("http://10.9.0.1:8080"),
                         *MarathonService("http://m1.example:8081"),
                         *MarathonService("http://m2.example:8082")};
  EXPECT_TRUE(
      absl::IsUnavailable(ResolveServices(resolver, deployment.services)));
  ASSERT_EQ(deployment.services.size(), 4u);
  EXPECT_EQ(deployment.services[0].address, "10.9.0.1");
  EXPECT_EQ(deployment.services[1].address, "10.9.0.2");
  EXPECT_EQ(deployment.services[2].address, "fd09::2");
  EXPECT_EQ(deployment.services[2].port, 8081u);
  EXPECT_EQ(deployment.services[3].address, "");
  EXPECT_EQ(deployment.services[3].port, 8082u);
}

}  // namespace
}  // namespace sunder::controller
