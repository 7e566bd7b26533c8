#include "controller/api/settings.h"

#include <fstream>

#include "controller/api/deployment_facts.h"
#include "controller/store/temp_dir.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::Contains;

std::variant<Settings, ExitCode> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "sunder-controller");
  return ParseSettings(static_cast<int>(arguments.size()), arguments.data());
}

int CodeOf(std::vector<const char*> arguments) {
  const auto parsed = Parse(std::move(arguments));
  const auto* code = std::get_if<ExitCode>(&parsed);
  return code == nullptr ? -1 : code->value;
}

TEST(Settings, HaveDefaultsThatNeedNoOption) {
  const auto settings = std::get<Settings>(Parse({}));
  EXPECT_EQ(settings.listen, "unix:/run/sunder/controller.sock");
  EXPECT_EQ(settings.state_dir, "/var/lib/sunder/controller");
  EXPECT_EQ(settings.deployment.ssh_port, 22u);
}

TEST(Settings, ReadAFileWhoseKeysAreTheOptionsAndOptionsWin) {
  TempDir dir;
  const std::string path = dir.path() + "/config.yaml";
  std::ofstream(path) << "listen: unix:/tmp/x.sock\n"
                         "state-dir: /var/lib/elsewhere\n"
                         "marathon: [\"http://10.0.0.1:8080\", "
                         "\"http://[fd09::1]:8081\"]\n"
                         "protect: udp/53@10.0.0.0/8\n";
  const auto settings = std::get<Settings>(
      Parse({"--config", path.c_str(), "--state-dir", "/here"}));
  EXPECT_EQ(settings.listen, "unix:/tmp/x.sock");
  EXPECT_EQ(settings.state_dir, "/here");
  ASSERT_EQ(settings.deployment.services.size(), 2u);
  EXPECT_EQ(settings.deployment.services[0].address, "10.0.0.1");
  EXPECT_EQ(settings.deployment.services[1].address, "fd09::1");
  EXPECT_EQ(settings.deployment.services[1].port, 8081u);
  ASSERT_EQ(settings.deployment.operator_list.size(), 1u);
  EXPECT_EQ(settings.deployment.operator_list[0].peer(), "10.0.0.0/8");
}

TEST(Settings, RefuseConfigurationsThatCannotBeMeant) {
  TempDir dir;
  const std::string path = dir.path() + "/config.yaml";
  for (const char* text : {"lisen: unix:/x\n", "- listen\n", "listen: {a: b}\n",
                           "marathon: [[a]]\n", "listen: [\n"}) {
    std::ofstream(path) << text;
    EXPECT_EQ(CodeOf({"--config", path.c_str()}), 2) << text;
  }
  EXPECT_EQ(CodeOf({"--config", "/no/such/file"}), 2);
}

TEST(Settings, UsageErrorsEndWithTwoAndHelpWithZero) {
  EXPECT_EQ(CodeOf({"--nonsense"}), 2);
  EXPECT_EQ(CodeOf({"--ssh-port", "65536"}), 2);
  EXPECT_EQ(CodeOf({"--marathon", "not a url"}), 2);
  EXPECT_EQ(CodeOf({"--protect", "tcp/0"}), 2);
  EXPECT_EQ(CodeOf({"--help"}), 0);
  EXPECT_EQ(CodeOf({"--version"}), 0);
}

TEST(Settings, ClientsHaveTheAgentsAuthorityOrTheirOwn) {
  auto settings = std::get<Settings>(Parse({"--tls-authority", "agents.pem"}));
  EXPECT_EQ(ServerTls(settings).authority, "agents.pem");
  settings = std::get<Settings>(Parse(
      {"--tls-certificate", "c.pem", "--tls-key", "k.pem", "--tls-authority",
       "agents.pem", "--tls-client-authority", "clients.pem"}));
  EXPECT_EQ(settings.tls.authority, "agents.pem");
  EXPECT_EQ(ServerTls(settings).authority, "clients.pem");
  EXPECT_EQ(ServerTls(settings).certificate, "c.pem");
  EXPECT_EQ(ServerTls(settings).key, "k.pem");
}

TEST(DeploymentFacts, ANameOfMarathonIsLeftToResolve) {
  const auto service = MarathonService("https://marathon.example.com");
  ASSERT_TRUE(service.ok());
  EXPECT_EQ(service->address, "");
  EXPECT_EQ(service->host_name, "marathon.example.com");
  EXPECT_EQ(service->port, 443u);
}

TEST(DeploymentFacts, ProtectedTextsAreReadWholeOrRefused) {
  const auto tuple = ParseProtected("tcp/9100");
  ASSERT_TRUE(tuple.ok());
  EXPECT_EQ(tuple->port(), 9100u);
  EXPECT_EQ(tuple->protocol(), sunder::v1::PROTOCOL_TCP);
  EXPECT_EQ(tuple->peer(), "");
  for (const char* bad :
       {"", "tcp", "tcp/", "tcp/65536", "icmp/1", "9100", "tcp/1@",
        "tcp/1@host", "tcp/1@10.0.0.1/8", "tcp/x"}) {
    EXPECT_FALSE(ParseProtected(bad).ok()) << bad;
  }
}

TEST(DeploymentFacts, KnowsTheLoopbackAddressOfThisMachine) {
  EXPECT_THAT(*LocalAddresses(), Contains("127.0.0.1"));
}

}  // namespace
}  // namespace sunder::controller
