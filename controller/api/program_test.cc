// The program itself: its exit codes, its words, and how it stops.

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "controller/discovery/test_http_server.h"
#include "controller/fleet/fake_agent.h"
#include "controller/store/temp_dir.h"
#include "gmock/gmock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "sunder/controller/v1/controller.grpc.pb.h"

namespace sunder::controller {
namespace {

using ::testing::HasSubstr;

// One run of sunder-controller; killed, if need be, when this goes.
class Program {
 public:
  Program(std::vector<std::string> arguments, const std::string& log)
      : log_(log) {
    arguments.insert(arguments.begin(), SUNDER_CONTROLLER_PROGRAM);
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ != 0) return;
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(out, 1);
    dup2(out, 2);
    execv(argv[0], argv.data());
    _exit(127);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() {
    if (pid_ <= 0) return;
    Signal(SIGKILL);
    Wait();
  }

  void Signal(int number) const { kill(pid_, number); }
  int Wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string Log() const {
    std::ifstream in(log_);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  const std::string log_;
  pid_t pid_ = 0;
};

class ProgramTest : public testing::Test {
 protected:
  ProgramTest() {
    std::ofstream(Path("inventory.yaml"))
        << "hosts:\n"
        << "  - {name: n1, addresses: [10.9.0.1], agent: \"" << a_.target()
        << "\"}\n  - {name: n2, addresses: [10.9.0.2], agent: \"" << b_.target()
        << "\"}\n";
  }
  std::string Path(const std::string& name) const {
    return dir_.path() + "/" + name;
  }
  std::string Listen() const { return "unix:" + Path("controller.sock"); }
  std::unique_ptr<Program> Run(const std::string& log = "log",
                               const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"--inventory", Path("inventory.yaml"),
                                          "--state-dir", Path("state")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    if (std::find(more.begin(), more.end(), "--listen") == more.end()) {
      arguments.insert(arguments.end(), {"--listen", Listen()});
    }
    return std::make_unique<Program>(arguments, Path(log));
  }
  std::unique_ptr<v1::Controller::Stub> Stub() {
    return v1::Controller::NewStub(
        grpc::CreateChannel(Listen(), grpc::InsecureChannelCredentials()));
  }
  static void Limit(grpc::ClientContext& context) {
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(20));
  }
  // The id of a fault between n1 and n2 that is in force.
  std::string Cut() {
    v1::CreateFaultRequest request;
    auto& spec = *request.mutable_spec();
    spec.mutable_shape()->mutable_partial()->set_a("n1");
    spec.mutable_shape()->mutable_partial()->set_b("n2");
    spec.mutable_behaviour()->mutable_drop();
    spec.mutable_duration()->set_seconds(60);
    grpc::ClientContext context;
    Limit(context);
    v1::CreateFaultResponse response;
    const grpc::Status created =
        Stub()->CreateFault(&context, request, &response);
    EXPECT_TRUE(created.ok()) << created.error_message();
    const std::string id = response.fault().id();
    EXPECT_TRUE(Becomes(id, sunder::v1::FAULT_STATE_IN_FORCE));
    return id;
  }
  bool Becomes(const std::string& id, sunder::v1::FaultState state) {
    grpc::ClientContext context;
    Limit(context);
    v1::WatchFaultRequest request;
    request.set_id(id);
    auto stub = Stub();
    auto stream = stub->WatchFault(&context, request);
    v1::WatchFaultResponse response;
    while (stream->Read(&response)) {
      if (response.fault().state() != state) continue;
      context.TryCancel();
      return true;
    }
    return false;
  }

  TempDir dir_;
  FakeAgent a_{"n1", Path("n1.sock")}, b_{"n2", Path("n2.sock")};
};

TEST_F(ProgramTest, StopsCleanlyAndSaysWhatLives) {
  auto program = Run();
  const std::string id = Cut();
  program->Signal(SIGTERM);
  EXPECT_EQ(program->Wait(), 0);
  EXPECT_THAT(program->Log(),
              HasSubstr("stopping while a fault lives fault=" + id));
  EXPECT_THAT(program->Log(), HasSubstr("from=ARMED to=IN_FORCE"));
}

TEST_F(ProgramTest, StopsWithinSecondsWhileAClientWatches) {
  auto program = Run();
  const std::string id = Cut();
  grpc::ClientContext context;
  Limit(context);
  v1::WatchFaultRequest request;
  request.set_id(id);
  auto stub = Stub();
  auto stream = stub->WatchFault(&context, request);
  v1::WatchFaultResponse response;
  ASSERT_TRUE(stream->Read(&response));
  const BootInstant asked = BootNow();
  program->Signal(SIGINT);
  EXPECT_EQ(program->Wait(), 0);
  EXPECT_LT(BootNow() - asked, absl::Seconds(8));
}

TEST_F(ProgramTest, TakesUpItsFaultsAfterADeathWithoutWarning) {
  auto program = Run();
  const std::string id = Cut();
  program->Signal(SIGKILL);
  program->Wait();
  program = Run();
  EXPECT_TRUE(Becomes(id, sunder::v1::FAULT_STATE_IN_FORCE)) << program->Log();
}

TEST_F(ProgramTest, ASecondOneIsRefusedAndTheFirstGoesOn) {
  auto program = Run();
  const std::string id = Cut();
  auto second = Run("second.log");
  EXPECT_EQ(second->Wait(), 1);
  EXPECT_THAT(second->Log(), HasSubstr("another sunder-controller"));
  EXPECT_TRUE(Becomes(id, sunder::v1::FAULT_STATE_IN_FORCE));
}

TEST_F(ProgramTest, SaysWhatIsWrongWithItsInventory) {
  std::ofstream(Path("inventory.yaml")) << "hosts: [{nmae: n1}]\n";
  auto program = Run();
  EXPECT_EQ(program->Wait(), 1);
  EXPECT_THAT(program->Log(), HasSubstr("inventory.yaml"));
  EXPECT_THAT(program->Log(), HasSubstr("nmae"));
}

TEST_F(ProgramTest, KillsNoTaskOfTheAppThatMarathonRunsItAs) {
  TestHttpServer marathon([](TestConnection& connection) {
    const bool lists = absl::StrContains(connection.request(), "/v2/apps");
    connection.SendResponse(
        lists ? "200 OK" : "404 Not Found", "",
        lists ? R"({"apps":[{"id":"/sunder","tasks":[{"id":"sunder.1",)"
                R"("host":"n1","state":"TASK_RUNNING","ports":[31001]}]}]})"
              : "{}");
  });
  setenv("MARATHON_APP_ID", "/sunder", 1);
  auto program = Run("log", {"--marathon", marathon.url()});
  unsetenv("MARATHON_APP_ID");
  {
    grpc::ClientContext context;
    Limit(context);
    v1::GetTopologyRequest request;
    request.set_refresh(true);
    v1::GetTopologyResponse response;
    ASSERT_TRUE(Stub()->GetTopology(&context, request, &response).ok());
    ASSERT_EQ(response.topology().tasks_size(), 1) << program->Log();
  }
  grpc::ClientContext context;
  Limit(context);
  v1::KillTasksRequest request;
  request.set_selector("app:/sunder");
  request.set_all(true);
  request.set_validate_only(true);
  v1::KillTasksResponse response;
  ASSERT_TRUE(Stub()->KillTasks(&context, request, &response).ok());
  ASSERT_EQ(response.tasks_size(), 1);
  EXPECT_EQ(response.tasks(0).outcome(), v1::KILL_OUTCOME_REFUSED)
      << response.ShortDebugString();
}

// Over TLS, with certificates that sign themselves.
class ProgramOverTls : public ProgramTest {
 protected:
  ProgramOverTls() {
    for (const char* name : {"controller", "agent", "client"}) {
      const std::string command = absl::StrCat(
          "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 "
          "-nodes -days 2 -subj /CN=",
          name, " -addext subjectAltName=IP:127.0.0.1 -keyout ",
          Path(absl::StrCat(name, ".key")), " -out ",
          Path(absl::StrCat(name, ".pem")), " 2>/dev/null");
      EXPECT_EQ(std::system(command.c_str()), 0) << command;
    }
  }
  std::string Read(const std::string& name) const {
    std::ifstream in(Path(name));
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // Of the kernel's choice, free a moment ago.
  static std::string FreeTarget() {
    return absl::StrCat("127.0.0.1:", TestHttpServer([](auto&) {}).port());
  }
  std::unique_ptr<v1::Controller::Stub> StubOf(const std::string& target,
                                               const std::string& who) const {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = Read("controller.pem");
    options.pem_private_key = Read(who + ".key");
    options.pem_cert_chain = Read(who + ".pem");
    return v1::Controller::NewStub(
        grpc::CreateChannel(target, grpc::SslCredentials(options)));
  }
};

TEST_F(ProgramOverTls, AnAgentIsNoClientWhereClientsHaveTheirOwnAuthority) {
  const std::string target = FreeTarget();
  auto program = Run(
      "log", {"--listen", target, "--tls-certificate", Path("controller.pem"),
              "--tls-key", Path("controller.key"), "--tls-authority",
              Path("agent.pem"), "--tls-client-authority", Path("client.pem")});
  const v1::GetTopologyRequest request;
  v1::GetTopologyResponse response;
  {
    grpc::ClientContext context;
    Limit(context);
    const grpc::Status status =
        StubOf(target, "client")->GetTopology(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message() << program->Log();
  }
  grpc::ClientContext context;
  Limit(context);
  context.set_wait_for_ready(false);
  EXPECT_EQ(StubOf(target, "agent")
                ->GetTopology(&context, request, &response)
                .error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ProgramTest, TheSocketIsItsOwnersAlone) {
  auto program = Run();
  Cut();
  EXPECT_EQ(
      std::filesystem::status(Path("controller.sock")).permissions(),
      std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace
}  // namespace sunder::controller
