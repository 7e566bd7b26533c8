#include "controller/kills/protected.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::HasSubstr;

sunder::v1::Topology TwoHosts(const std::string& agent) {
  sunder::v1::Topology topology;
  for (const std::string number : {"1", "2"}) {
    auto& host = *topology.add_hosts();
    host.set_name("n" + number);
    host.add_addresses("10.0.0." + number);
    host.add_addresses("fd00::" + number);
  }
  topology.mutable_hosts(0)->set_agent(agent);
  return topology;
}

sunder::v1::Task TaskAt(const std::string& host, uint32_t port,
                        const std::string& address = "") {
  sunder::v1::Task task;
  task.set_id("t");
  task.set_host(host);
  auto& endpoint = *task.add_endpoints();
  endpoint.set_port(port);
  endpoint.set_address(address);
  endpoint.set_protocol(sunder::v1::PROTOCOL_TCP);
  return task;
}

TEST(ProtectedTasks, TheLabelProtectsUnlessItSaysFalse) {
  const ProtectedTasks is_ours({}, {});
  for (const char* value : {"true", "", "controller", "yes"}) {
    auto task = TaskAt("n1", 80);
    (*task.mutable_labels())[kProtectedLabel] = value;
    EXPECT_TRUE(is_ours(task).has_value()) << value;
  }
  auto task = TaskAt("n1", 80);
  (*task.mutable_labels())[kProtectedLabel] = "False";
  EXPECT_FALSE(is_ours(task).has_value());
}

TEST(ProtectedTasks, AnAgentIsKnownByItsHostHoweverItsTargetIsWritten) {
  for (const char* target : {"10.0.0.1:7440", "n1:7440", "[fd00::1]:7440",
                             "[FD00:0::1]:7440", "dns:///any.example:7440"}) {
    const ProtectedTasks is_ours(TwoHosts(target), {});
    EXPECT_THAT(is_ours(TaskAt("n1", 7440)).value_or(""),
                HasSubstr("agent of n1"))
        << target;
    EXPECT_TRUE(is_ours(TaskAt("n1", 7440, "fd00::1")).has_value()) << target;
    EXPECT_FALSE(is_ours(TaskAt("n1", 7441)).has_value()) << target;
    EXPECT_FALSE(is_ours(TaskAt("n2", 7440)).has_value()) << target;
    EXPECT_FALSE(is_ours(TaskAt("n1", 7440, "9.0.0.1")).has_value()) << target;
  }
}

TEST(ProtectedTasks, AUnixAgentProtectsNothing) {
  const ProtectedTasks is_ours(TwoHosts("unix:/run/sunder/a:80"), {});
  EXPECT_FALSE(is_ours(TaskAt("n1", 80)).has_value());
}

TEST(ProtectedTasks, TheControllerIsKnownByItsAddress) {
  const ProtectedTasks is_ours(TwoHosts(""), {"10.0.0.2:7400"});
  EXPECT_TRUE(is_ours(TaskAt("n2", 7400)).has_value());
  EXPECT_TRUE(is_ours(TaskAt("n2", 7400, "10.0.0.2")).has_value());
  EXPECT_FALSE(is_ours(TaskAt("n1", 7400)).has_value());
}

TEST(ProtectedTasks, AControllerOnAnyAddressMayBeOnEachHost) {
  for (const char* target :
       {"0.0.0.0:7400", "[::]:7400", "controller.example:7400"}) {
    const ProtectedTasks is_ours(TwoHosts(""), {target});
    EXPECT_TRUE(is_ours(TaskAt("n1", 7400)).has_value()) << target;
    EXPECT_TRUE(is_ours(TaskAt("n2", 7400)).has_value()) << target;
    EXPECT_FALSE(is_ours(TaskAt("n2", 7401)).has_value()) << target;
  }
}

TEST(ProtectedTasks, TheControllersOwnTaskAndAppAreKnownByTheirIds) {
  auto task = TaskAt("n1", 80);
  task.set_app("/sunder");
  EXPECT_FALSE(ProtectedTasks({}, {})(task).has_value());
  EXPECT_THAT(ProtectedTasks({}, {}, {.id = "t", .app = ""})(task).value_or(""),
              HasSubstr("own task"));
  EXPECT_THAT(
      ProtectedTasks({}, {}, {.id = "s", .app = "/sunder"})(task).value_or(""),
      HasSubstr("app"));
  EXPECT_FALSE(ProtectedTasks({}, {}, {.id = "s", .app = "/other"})(task));
  EXPECT_FALSE(ProtectedTasks({}, {})(sunder::v1::Task()).has_value());
}

TEST(ProtectedTasks, AnotherProtocolAtThePortIsAnother) {
  const ProtectedTasks is_ours(TwoHosts("10.0.0.1:7440"), {});
  auto task = TaskAt("n1", 7440);
  task.mutable_endpoints(0)->set_protocol(sunder::v1::PROTOCOL_UDP);
  EXPECT_FALSE(is_ours(task).has_value());
}

TEST(ProtectedTasks, ATaskOnAHostThatIsNotOursIsKnownByWhatMarathonSays) {
  const ProtectedTasks is_ours(TwoHosts("10.0.0.1:7440"), {});
  auto task = TaskAt("", 7440);
  task.set_reported_host("10.0.0.1");
  EXPECT_TRUE(is_ours(task).has_value());
}

}  // namespace
}  // namespace sunder::controller
