// The real program on the real kernel, in a network namespace of this test's
// own: its packets are UDP datagrams over loopback.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/service/agent_process.h"
#include "common/error_detail.h"
#include "common/grpc_status.h"
#include "common/unique_fd.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

std::string Output(const std::string& command) {
  std::string output;
  FILE* pipe = popen(command.c_str(), "r");
  std::array<char, 4096> buffer;
  while (size_t n = fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.append(buffer.data(), n);
  }
  pclose(pipe);
  return output;
}

class AgentKernelTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    ASSERT_EQ(unshare(CLONE_NEWNET), 0);
    ASSERT_EQ(system("ip link set lo up"), 0);
  }

  void SetUp() override {
    receiver = UniqueFd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sender = UniqueFd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    address.sin_family = AF_INET;
    address.sin_port = htons(9999);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(bind(receiver.get(), reinterpret_cast<sockaddr*>(&address),
                   sizeof address),
              0);
  }

  // Loopback delivers before sendto returns.
  bool Passes() {
    char byte = 'x';
    EXPECT_EQ(sendto(sender.get(), &byte, 1, 0,
                     reinterpret_cast<sockaddr*>(&address), sizeof address),
              1);
    return recv(receiver.get(), &byte, 1, MSG_DONTWAIT) == 1;
  }
  bool Drops() { return !Passes(); }

  void BringInForce(const std::string& fault, absl::Duration lease) {
    ASSERT_TRUE(agent.Stage(fault).ok());
    const grpc::Status armed = agent.Arm(fault, lease);
    ASSERT_TRUE(armed.ok()) << armed.error_message();
    ASSERT_TRUE(Eventually(
        [&] { return agent.HeldOf(fault).state() == v1::STATE_IN_FORCE; }));
  }
  std::string Reason(const grpc::Status& status) {
    const auto detail = GetErrorDetail(FromGrpcStatus(status));
    return detail ? detail->reason() : status.error_message();
  }

  AgentProcess agent;
  UniqueFd receiver, sender;
  sockaddr_in address{};
};

TEST_F(AgentKernelTest, AFaultsLifeLeavesTheRulesetAsItWas) {
  ASSERT_EQ(system("nft 'add table inet foreign'"), 0);
  const std::string before = Output("nft -s list ruleset");
  ASSERT_TRUE(agent.Stage("f1").ok());
  EXPECT_TRUE(Passes());
  ASSERT_TRUE(agent.Arm("f1", absl::Seconds(5)).ok());
  EXPECT_TRUE(Eventually([&] { return Drops(); }));
  EXPECT_TRUE(Eventually(
      [&] { return agent.HeldOf("f1").state() == v1::STATE_IN_FORCE; }));
  EXPECT_TRUE(agent.KeepAlive("f1", 1, absl::Seconds(5)).ok());
  EXPECT_TRUE(Drops());
  EXPECT_TRUE(agent.Heal("f1").ok());
  EXPECT_TRUE(Passes());
  EXPECT_GE(agent.HeldOf("f1").dropped_packets(), 1u);
  EXPECT_EQ(Output("nft -s list ruleset"), before);
  EXPECT_EQ(Reason(agent.Stage("f1")), "TOMBSTONE");
  ASSERT_EQ(system("nft 'delete table inet foreign'"), 0);
}

TEST_F(AgentKernelTest, TheKernelHealsAKilledAgentsFault) {
  BringInForce("f1", absl::Seconds(1));
  agent.End(SIGKILL);
  EXPECT_TRUE(Drops());
  EXPECT_TRUE(Eventually([&] { return Passes(); }, absl::Seconds(2)));
  agent.Start();
  EXPECT_EQ(Output("nft list tables"), "");
  EXPECT_EQ(agent.HeldOf("f1").state(), v1::STATE_HEALED);
  EXPECT_THAT(agent.Describe().start_report(), testing::SizeIs(1));
}

TEST_F(AgentKernelTest, AnAgentThatComesBackInTimeGoesOn) {
  BringInForce("f1", absl::Seconds(20));
  const v1::Held before = agent.HeldOf("f1");
  EXPECT_EQ(WEXITSTATUS(agent.End(SIGTERM)), 0);
  EXPECT_TRUE(Drops());
  agent.Start();
  EXPECT_TRUE(Drops());
  EXPECT_EQ(agent.HeldOf("f1").state(), v1::STATE_IN_FORCE);
  EXPECT_EQ(agent.HeldOf("f1").in_force_ns(), before.in_force_ns());
  EXPECT_TRUE(agent.KeepAlive("f1", 1, absl::Milliseconds(300)).ok());
  EXPECT_TRUE(Eventually(
      [&] { return agent.HeldOf("f1").state() == v1::STATE_EXPIRED; }));
  EXPECT_TRUE(Passes());
}

TEST_F(AgentKernelTest, AStoppedAgentThatWakesBringsNothingBack) {
  BringInForce("f1", absl::Seconds(1));
  agent.Signal(SIGSTOP);
  auto queued = std::async(std::launch::async, [&] {
    return agent.KeepAlive("f1", 1, absl::Seconds(20));
  });
  EXPECT_TRUE(Eventually([&] { return Passes(); }, absl::Seconds(3)));
  agent.Signal(SIGCONT);
  EXPECT_EQ(Reason(queued.get()), "EXPIRED");
  EXPECT_TRUE(Passes());
  EXPECT_EQ(Output("nft list tables"), "");
}

TEST_F(AgentKernelTest, HealAllWinsOverALivingAgentUntilItIsReleased) {
  BringInForce("f1", absl::Seconds(20));
  EXPECT_EQ(agent.RunBeside({"--heal-all"}), 0);
  EXPECT_TRUE(Passes());
  EXPECT_EQ(Output("nft list tables"), "");
  EXPECT_TRUE(Eventually(
      [&] { return agent.HeldOf("f1").state() == v1::STATE_HEALED; }));
  EXPECT_TRUE(agent.Describe().latched());
  EXPECT_EQ(Reason(agent.Stage("f2")), "LATCHED");
  agent.End(SIGKILL);
  agent.Start();
  EXPECT_EQ(Reason(agent.Stage("f3")), "LATCHED");
  EXPECT_EQ(agent.RunBeside({"--release-latch"}), 0);
  EXPECT_TRUE(agent.Stage("f4").ok());
}

TEST_F(AgentKernelTest, HealAllFailsWhereTheAgentDoesNotSeeItsLatch) {
  BringInForce("f1", absl::Seconds(20));
  const TempDir dir;
  const std::vector<std::string> heal_all = {"--state-dir", dir / "state",
                                             "--heal-all"};
  EXPECT_EQ(agent.RunBeside(heal_all), 1);
  EXPECT_TRUE(Passes());
  EXPECT_FALSE(agent.Describe().latched());
  agent.End(SIGKILL);
  EXPECT_EQ(agent.RunBeside(heal_all), 0);
}

TEST_F(AgentKernelTest, ADryRunShowsARulesetThatNftTakesAndInstallsNothing) {
  ASSERT_TRUE(agent.Stage("f1", /*validate_only=*/true).ok());
  EXPECT_EQ(Output("nft list tables"), "");
  std::ofstream("dry-run.nft") << agent.ruleset();
  EXPECT_EQ(system("nft -c -f dry-run.nft"), 0) << agent.ruleset();
  std::filesystem::remove("dry-run.nft");
}

TEST_F(AgentKernelTest, WatchTellsOfEveryStateFromWhatIsHeldOn) {
  ASSERT_TRUE(agent.Stage("f1").ok());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(20));
  auto stream = agent.stub().Watch(&context, {});
  v1::WatchResponse response;
  std::vector<v1::State> states;
  const auto read = [&] {
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_NE(response.stamp().incarnation(), 0u);
    states.push_back(response.held().state());
  };
  read();
  ASSERT_TRUE(agent.Arm("f1", absl::Milliseconds(300)).ok());
  for (int i = 0; i < 3; ++i) read();
  EXPECT_THAT(states,
              testing::ElementsAre(v1::STATE_STAGED, v1::STATE_ARMED,
                                   v1::STATE_IN_FORCE, v1::STATE_EXPIRED));
  agent.Signal(SIGTERM);
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

// A Watch stream that is read up to some state.
class Watching {
 public:
  explicit Watching(AgentProcess& agent) {
    context_.set_deadline(std::chrono::system_clock::now() +
                          std::chrono::seconds(20));
    stream_ = agent.stub().Watch(&context_, {});
  }
  ~Watching() { context_.TryCancel(); }

  // The first word that says so.
  v1::WatchResponse Until(v1::State state) {
    v1::WatchResponse response;
    while (stream_->Read(&response)) {
      if (response.held().state() == state) return response;
    }
    ADD_FAILURE() << "never said: " << v1::State_Name(state);
    return {};
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchResponse>> stream_;
};

// Nobody calls the agent meanwhile, so nothing but the kernel's word can have
// told it.
TEST_F(AgentKernelTest, WhateverSomebodyElseChangesIsSaidAtOnce) {
  std::ofstream("reload.nft") << "flush ruleset\ntable inet firewall {}\n";
  const std::vector<std::string> meddlings = {
      "nft flush ruleset",
      "nft -f reload.nft",
      "nft delete table inet $TABLE",
      "nft flush chain inet $TABLE cuts",
      "nft flush chain inet $TABLE gate",
      R"(nft delete element inet $TABLE lease \
         { $(nft list set inet $TABLE lease | grep -o '0x[0-9a-f]*' | head -1) })",
  };
  int number = 0;
  for (const std::string& meddling : meddlings) {
    const std::string fault = "f" + std::to_string(++number);
    BringInForce(fault, absl::Seconds(30));
    Watching watching(agent);
    watching.Until(v1::STATE_IN_FORCE);
    const std::string command =
        "TABLE=$(nft list tables | grep -o 'sunder_[0-9a-f]*'); " + meddling;
    ASSERT_EQ(system(command.c_str()), 0) << command;
    const BootInstant done = BootNow();
    const v1::WatchResponse said = watching.Until(v1::STATE_DRIFTED);
    EXPECT_FALSE(said.held().reason().empty());
    EXPECT_LT(BootInstant::FromNanos(said.stamp().now_ns()) - done,
              absl::Milliseconds(100))
        << meddling;
    EXPECT_TRUE(Eventually([&] { return Passes(); }));
    EXPECT_TRUE(Eventually([&] {
      return Output("nft list tables").find("sunder") == std::string::npos;
    }));
  }
  EXPECT_EQ(Output("nft list tables"), "table inet firewall\n");
  EXPECT_EQ(system("nft flush ruleset"), 0);
  std::filesystem::remove("reload.nft");
}

TEST_F(AgentKernelTest, WhatOthersDoToTheirOwnRulesCostsTheFaultNothing) {
  BringInForce("f1", absl::Seconds(30));
  ASSERT_EQ(system("nft 'add table inet foreign; add set inet foreign s { type "
                   "ipv4_addr; }; add element inet foreign s { 10.0.0.1 }'; "
                   "iptables-nft-save | iptables-nft-restore; "
                   "nft delete table inet foreign"),
            0);
  EXPECT_TRUE(Drops());
  EXPECT_EQ(agent.HeldOf("f1").state(), v1::STATE_IN_FORCE);
  EXPECT_TRUE(agent.Heal("f1").ok());
}

TEST_F(AgentKernelTest, ThereIsOneAgentForANetworkNamespace) {
  EXPECT_EQ(agent.RunBeside({"--state-dir", "elsewhere", "--listen",
                             "unix:elsewhere.sock"}),
            1);
  std::filesystem::remove_all("elsewhere");
}

TEST_F(AgentKernelTest, AStoppedAgentServesItsNetworkNamespaceToo) {
  agent.Signal(SIGSTOP);
  EXPECT_EQ(agent.RunBeside({"--state-dir", "elsewhere", "--listen",
                             "unix:elsewhere.sock"}),
            1);
  std::filesystem::remove_all("elsewhere");
  agent.Signal(SIGCONT);
}

// Binds the name by which agents claim a network namespace.
UniqueFd HoldTheClaim() {
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  constexpr std::string_view kName("\0sunder-agent", 13);
  sockaddr_un claim{};
  claim.sun_family = AF_UNIX;
  std::copy(kName.begin(), kName.end(), claim.sun_path);
  EXPECT_EQ(bind(fd.get(), reinterpret_cast<const sockaddr*>(&claim),
                 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path)) +
                     kName.size()),
            0);
  return fd;
}

TEST_F(AgentKernelTest, NobodyElseCanKeepAnAgentFromStarting) {
  agent.End(SIGKILL);
  {
    const UniqueFd deaf = HoldTheClaim();
    agent.Start();
    EXPECT_TRUE(agent.Stage("f1").ok());
    agent.End(SIGKILL);
  }
  const UniqueFd nobodys = HoldTheClaim();
  constexpr uid_t kNobody = 65534;
  ASSERT_EQ(seteuid(kNobody), 0);
  EXPECT_EQ(listen(nobodys.get(), 8), 0);
  ASSERT_EQ(seteuid(0), 0);
  agent.Start();
  EXPECT_TRUE(agent.Stage("f2").ok());
}

TEST_F(AgentKernelTest, EveryErrorCarriesTheStamp) {
  const absl::Status status =
      FromGrpcStatus(agent.KeepAlive("nobody", 1, absl::Seconds(1)));
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_TRUE(status.GetPayload("type.googleapis.com/sunder.agent.v1.Stamp")
                  .has_value());
}

}  // namespace
}  // namespace sunder::agent
