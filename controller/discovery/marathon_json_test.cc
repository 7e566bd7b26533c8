#include "controller/discovery/marathon_json.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// An endpoint as text: "udp 10.0.0.1:53"; without an address at its host.
std::string Text(const sunder::v1::Endpoint& endpoint) {
  const std::string name =
      endpoint.protocol() == sunder::v1::PROTOCOL_UDP ? "udp " : "tcp ";
  return absl::StrCat(name, endpoint.address(), ":", endpoint.port());
}

std::vector<std::string> Endpoints(const sunder::v1::Task& task) {
  std::vector<std::string> result;
  for (const auto& endpoint : task.endpoints()) {
    result.push_back(Text(endpoint));
  }
  return result;
}

// The one task of an app with these fields, of the form that 1.11 sends.
sunder::v1::Task OneTask(const std::string& app_fields,
                         const std::string& task_fields) {
  const std::string body = absl::StrCat(
      R"({"apps":[{"id":"/a/b",)", app_fields, R"("tasks":[{"id":"a_b.1",)",
      R"("host":"h1","slaveId":"S1","state":"TASK_RUNNING",)", task_fields,
      R"("appId":"/a/b"}]}]})");
  const absl::StatusOr<MarathonContent> content = ParseApps(body);
  EXPECT_TRUE(content.ok()) << content.status() << body;
  if (!content.ok() || content->tasks.size() != 1) {
    ADD_FAILURE() << (content.ok() ? absl::StrJoin(content->warnings, "\n")
                                   : body);
    return {};
  }
  return content->tasks.front();
}

TEST(MarathonJson, ATaskKeepsWhatMarathonSaidOfIt) {
  const auto task = OneTask(R"("labels":{"team":"x"},)", R"("ports":[31000],)");
  EXPECT_EQ(task.id(), "a_b.1");
  EXPECT_EQ(task.app(), "/a/b");
  EXPECT_EQ(task.reported_host(), "h1");
  EXPECT_EQ(task.host(), "");
  EXPECT_EQ(task.mesos_agent_id(), "S1");
  EXPECT_EQ(task.state(), "TASK_RUNNING");
  EXPECT_EQ(task.labels().at("team"), "x");
  EXPECT_EQ(task.unreachable_reason(), "");
}

TEST(MarathonJson, ATaskOf014HasNeitherAgentNorState) {
  const auto content = ParseApps(
      R"({"apps":[{"id":"/a","container":null,"ports":[10000],"instances":1,
          "tasks":[{"id":"a.1","host":"h","ports":[31001],
                    "startedAt":"2016-01-01T00:00:00.000Z"}]}]})");
  ASSERT_TRUE(content.ok());
  EXPECT_THAT(Endpoints(content->tasks.at(0)), ElementsAre("tcp :31001"));
  EXPECT_EQ(content->tasks[0].app(), "/a");
  EXPECT_EQ(content->tasks[0].state(), "");
  EXPECT_EQ(content->apps.at(0).instances(), 1);
}

TEST(MarathonJson, WithoutAnyNetworkItIsTheHosts) {
  const auto task = OneTask(R"("ports":[10001],"portDefinitions":[
      {"port":10001,"protocol":"udp"},{"port":0,"protocol":"udp,tcp"}],)",
                            R"("ports":[31000,31001,31002],)");
  EXPECT_EQ(task.network(), sunder::v1::NETWORK_MODE_HOST);
  EXPECT_THAT(Endpoints(task), ElementsAre("udp :31000", "udp :31001",
                                           "tcp :31001", "tcp :31002"));
}

TEST(MarathonJson, BothFormsOfBridgeAreReachedAtTheHost) {
  const std::string mappings =
      R"("portMappings":[{"containerPort":80,"hostPort":0,"servicePort":10000},
         {"containerPort":53,"protocol":"udp"}])";
  for (const std::string& app :
       {absl::StrCat(R"("networks":[{"mode":"container/bridge"}],)",
                     R"("container":{"type":"DOCKER",)", mappings, "},"),
        absl::StrCat(R"("container":{"docker":{"network":"BRIDGE",)", mappings,
                     "}},")}) {
    const auto task = OneTask(app, R"("ports":[31005,31006],"ipAddresses":[
            {"ipAddress":"172.17.0.3","protocol":"IPv4"}],)");
    EXPECT_EQ(task.network(), sunder::v1::NETWORK_MODE_BRIDGE);
    EXPECT_THAT(Endpoints(task), ElementsAre("tcp :31005", "udp :31006"));
    EXPECT_THAT(task.addresses(), IsEmpty())
        << "the address behind the bridge is on every agent";
  }
}

TEST(MarathonJson, AContainerHasItsOwnAddressAndTheMappedHostPorts) {
  const std::string mappings =
      R"("portMappings":[{"containerPort":80},
         {"containerPort":443,"hostPort":0,"protocol":"udp,tcp"},
         {"containerPort":0,"hostPort":0}])";
  for (const std::string& app :
       {absl::StrCat(R"("networks":[{"name":"net","mode":"container"}],)",
                     R"("container":{)", mappings, "},"),
        absl::StrCat(R"("networks":[{"name":"net"}],"container":{)", mappings,
                     "},"),
        absl::StrCat(R"("ipAddress":{"networkName":"net"},)",
                     R"("container":{"docker":{"network":"USER",)", mappings,
                     "}},")}) {
    const auto task = OneTask(
        app, R"("ports":[31007,31008],"ipAddresses":[{"ipAddress":"9.0.1.2"},
               {"ipAddress":"FD01::0002","protocol":"IPv6"}],)");
    EXPECT_EQ(task.network(), sunder::v1::NETWORK_MODE_CONTAINER);
    EXPECT_THAT(task.addresses(), ElementsAre("9.0.1.2", "fd01::2"));
    EXPECT_THAT(
        Endpoints(task),
        ElementsAre("tcp 9.0.1.2:80", "tcp fd01::2:80", "udp 9.0.1.2:443",
                    "tcp 9.0.1.2:443", "udp fd01::2:443", "tcp fd01::2:443",
                    "udp :31007", "tcp :31007", "tcp 9.0.1.2:31008",
                    "tcp fd01::2:31008", "tcp :31008"));
  }
}

TEST(MarathonJson, OldAddressPerTaskIsReachedAtItsDiscoveryPorts) {
  const auto task = OneTask(
      R"("ipAddress":{"groups":[],"labels":{},"discovery":{"ports":[
         {"number":8080,"name":"http","protocol":"tcp"},
         {"number":53,"name":"dns","protocol":"udp"}]}},)",
      R"("ipAddresses":[{"ipAddress":"192.168.1.7","protocol":"IPv4"}],)");
  EXPECT_EQ(task.network(), sunder::v1::NETWORK_MODE_CONTAINER);
  EXPECT_THAT(Endpoints(task),
              ElementsAre("tcp 192.168.1.7:8080", "udp 192.168.1.7:53"));
}

TEST(MarathonJson, TheNewFormWinsOverTheOld) {
  const auto task = OneTask(R"("networks":[{"mode":"host"}],
                 "container":{"docker":{"network":"BRIDGE"}},)",
                            R"("ports":[31000],)");
  EXPECT_EQ(task.network(), sunder::v1::NETWORK_MODE_HOST);
}

TEST(MarathonJson, AnUnreachableTaskSaysWhy) {
  const std::string container = R"("networks":[{"mode":"container"}],)";
  EXPECT_THAT(OneTask(container, R"("ipAddresses":[],)").unreachable_reason(),
              HasSubstr("no address of its own yet"));
  EXPECT_THAT(OneTask(container, R"("ipAddresses":[{"protocol":"IPv4"}],)")
                  .unreachable_reason(),
              HasSubstr("no address of its own yet"));
  EXPECT_THAT(OneTask("", "").unreachable_reason(),
              HasSubstr("declares no port"));
  EXPECT_THAT(
      OneTask(R"("portDefinitions":[{"port":0}],)", "").unreachable_reason(),
      HasSubstr("reports no port"));
}

TEST(MarathonJson, NullIsAsGoodAsMissing) {
  const auto task = OneTask(
      R"("networks":null,"container":null,"ipAddress":null,"labels":null,)",
      R"("ports":[31000],"ipAddresses":null,"zone":null,)");
  EXPECT_THAT(Endpoints(task), ElementsAre("tcp :31000"));
}

TEST(MarathonJson, AnAppWhoseNetworkIsStrangeKeepsItsTasks) {
  for (const char* app :
       {R"("networks":[{"mode":"quantum"}],)", R"("networks":"host",)",
        R"("networks":[7],)", R"("container":[],)",
        R"("container":{"docker":{"network":7}},)",
        R"("portDefinitions":[{"protocol":"ipx"}],)",
        R"("networks":[{"mode":"container"}],
           "container":{"portMappings":[{"containerPort":70000}]},)"}) {
    const auto task = OneTask(app, R"("ports":[31000],)");
    EXPECT_EQ(task.network(), sunder::v1::NETWORK_MODE_UNSPECIFIED) << app;
    EXPECT_THAT(task.endpoints(), IsEmpty()) << app;
    EXPECT_THAT(task.unreachable_reason(), HasSubstr("not understood")) << app;
  }
}

TEST(MarathonJson, AFieldOfTheWrongTypeCostsThatTaskAlone) {
  for (const char* bad :
       {R"({"id":7})", R"({"id":""})", R"({})", "7", "null", "[]",
        R"({"id":"x","host":7})", R"({"id":"x","ports":"80"})",
        R"({"id":"x","ports":[80.5]})", R"({"id":"x","ports":[0]})",
        R"({"id":"x","ports":[65536]})", R"({"id":"x","ports":[-1]})",
        R"({"id":"x","ports":[18446744073709551615]})",
        R"({"id":"x","slaveId":{}})", R"({"id":"x","state":[]})",
        R"({"id":"x","ipAddresses":{}})", R"({"id":"x","ipAddresses":[7]})",
        R"({"id":"x","ipAddresses":[{"ipAddress":"nowhere"}]})"}) {
    const auto content = ParseApps(
        absl::StrCat(R"({"apps":[{"id":"/a","tasks":[{"id":"good.1"},)", bad,
                     R"(,{"id":"good.2"}]}]})"));
    ASSERT_TRUE(content.ok()) << bad << content.status();
    EXPECT_EQ(content->tasks.size(), 2u) << bad;
    EXPECT_EQ(content->rejected, 1) << bad;
    ASSERT_EQ(content->warnings.size(), 1u) << bad;
    EXPECT_THAT(content->warnings[0], HasSubstr("/a")) << bad;
  }
}

TEST(MarathonJson, ABrokenAppCostsThatAppAlone) {
  const auto content = ParseApps(
      R"({"apps":[7,{"id":5},{"tasks":[]},{"id":"/t","tasks":{}},{"id":"/a"},
          {"id":"/a"},{"id":"/b","labels":[],"instances":"many"}]})");
  ASSERT_TRUE(content.ok());
  ASSERT_EQ(content->apps.size(), 3u);
  EXPECT_EQ(content->apps[2].id(), "/b");
  EXPECT_EQ(content->rejected, 5);
}

TEST(MarathonJson, OfTwoTasksWithOneIdTheFirstStays) {
  const auto content = ParseApps(
      R"({"apps":[{"id":"/a","tasks":[{"id":"x","host":"h1"}]},
                  {"id":"/b","tasks":[{"id":"x","host":"h2"}]}]})");
  ASSERT_TRUE(content.ok());
  ASSERT_EQ(content->tasks.size(), 1u);
  EXPECT_EQ(content->tasks[0].reported_host(), "h1");
  EXPECT_THAT(content->warnings, ElementsAre(HasSubstr("listed twice")));
}

TEST(MarathonJson, WarningsAreBounded) {
  std::string tasks = "7";
  for (int i = 0; i < 5000; ++i) tasks += ",7";
  const auto content = ParseApps(
      absl::StrCat(R"({"apps":[{"id":"/a","tasks":[)", tasks, "]}]}"));
  ASSERT_TRUE(content.ok());
  EXPECT_EQ(content->rejected, 5001);
  EXPECT_LT(content->warnings.size(), 100u);
  EXPECT_THAT(content->warnings.back(), HasSubstr("4951 more"));
}

TEST(MarathonJson, LabelsThatAreNoTextsAreTakenAsTheirText) {
  const auto task = OneTask(R"("labels":{"SUNDER_PROTECTED":true,"n":7},)", "");
  EXPECT_EQ(task.labels().at("SUNDER_PROTECTED"), "true");
  EXPECT_EQ(task.labels().at("n"), "7");
}

TEST(MarathonJson, WhatIsNotTheAnswerIsRefusedAndSaysWhatItIs) {
  const std::string deep(5000, '[');
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "empty"},
      {" \n", "empty"},
      {"<html><title>502</title></html>", "HTML"},
      {R"({"apps":[{"id":"/a","tasks":[{"id")", "breaks off"},
      {R"({"apps":[}])", "byte 9"},
      {"{\"apps\":[\"\xff\"]}", "no JSON"},
      {R"({"apps":[1e999]})", "no JSON"},
      {"[]", "not an object"},
      {"7", "not an object"},
      {"{}", "no \"apps\""},
      {R"({"message":"x"})", "no \"apps\""},
      {R"({"apps":{}})", "not a list"},
      {R"({"apps":)" + deep, "deeper"},
      {R"({"apps":[]} trailing)", "no JSON"}};
  for (const auto& [body, what] : cases) {
    const auto content = ParseApps(body);
    ASSERT_FALSE(content.ok()) << body;
    EXPECT_THAT(content.status().message(), HasSubstr(what)) << body;
    EXPECT_LT(content.status().message().size(), 400u);
  }
}

TEST(MarathonJson, OneAppHasTheSameFormInside) {
  const auto content = ParseApp(
      R"({"app":{"id":"/a","instances":2,"tasks":[{"id":"a.1","host":"h"}]}})");
  ASSERT_TRUE(content.ok());
  EXPECT_EQ(content->tasks.at(0).app(), "/a");
  EXPECT_EQ(content->apps.at(0).instances(), 2);
  EXPECT_FALSE(ParseApp(R"({"apps":[]})").ok());
  EXPECT_FALSE(ParseApp(R"({"app":[]})").ok());
}

}  // namespace
}  // namespace sunder::controller
