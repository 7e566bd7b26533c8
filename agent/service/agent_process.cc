#include "agent/service/agent_process.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <utility>

#include "absl/time/clock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

constexpr int kPort = 9999;

void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(10));
}

}  // namespace

AgentProcess::~AgentProcess() {
  if (pid_ > 0) End(SIGKILL);
}

pid_t AgentProcess::Spawn(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(),
                   {SUNDER_AGENT_PROGRAM, "--state-dir", dir_ / "state"});
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& a : arguments) argv.push_back(a.data());
  argv.push_back(nullptr);
  const pid_t pid = fork();
  EXPECT_GE(pid, 0);
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // It must not outlive the test.
  execv(argv[0], argv.data());
  _exit(127);
}

void AgentProcess::Start() {
  const std::string target = "unix:" + (dir_ / "agent.sock");
  pid_ = Spawn({"--name", "n1", "--listen", target, "--log-level", "warn"});
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  stub_ = v1::Agent::NewStub(grpc::CreateCustomChannel(
      target, grpc::InsecureChannelCredentials(), arguments));
  incarnation_ = Describe().stamp().incarnation();
  EXPECT_NE(incarnation_, 0u);
}

int AgentProcess::End(int signal) {
  Signal(signal);
  int status = 0;
  waitpid(std::exchange(pid_, -1), &status, 0);
  return status;
}

void AgentProcess::Signal(int signal) const { kill(pid_, signal); }

int AgentProcess::RunBeside(std::vector<std::string> arguments) const {
  int status = 0;
  waitpid(Spawn(std::move(arguments)), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

v1::DescribeResponse AgentProcess::Describe() {
  grpc::ClientContext context;
  SetDeadline(context);
  context.set_wait_for_ready(true);
  v1::DescribeResponse response;
  const grpc::Status status = stub_->Describe(&context, {}, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response;
}

v1::Held AgentProcess::HeldOf(const std::string& fault_id) {
  const v1::DescribeResponse response = Describe();
  for (const v1::Held& held : response.held()) {
    if (held.fault_id() == fault_id) return held;
  }
  return {};
}

v1::Caller AgentProcess::Caller() {
  v1::Caller caller;
  caller.set_term(1);
  caller.set_incarnation(incarnation_);
  caller.set_not_after_ns((BootNow() + absl::Seconds(30)).nanos());
  return caller;
}

grpc::Status AgentProcess::Stage(const std::string& fault_id,
                                 bool validate_only) {
  v1::StageRequest request;
  *request.mutable_caller() = Caller();
  request.set_fault_id(fault_id);
  request.set_generation(1);
  request.set_digest("d");
  request.set_validate_only(validate_only);
  auto* flow = request.add_flows();
  flow->add_sources("127.0.0.1");
  flow->add_destinations("127.0.0.1");
  flow->set_protocol(sunder::v1::PROTOCOL_UDP);
  auto* port = flow->add_destination_ports();
  port->set_first(kPort);
  port->set_last(kPort);
  flow->mutable_behaviour()->mutable_drop();
  grpc::ClientContext context;
  SetDeadline(context);
  v1::StageResponse response;
  const grpc::Status status = stub_->Stage(&context, request, &response);
  ruleset_ = response.ruleset();
  return status;
}

grpc::Status AgentProcess::Arm(const std::string& fault_id,
                               absl::Duration lease) {
  v1::ArmRequest request;
  *request.mutable_caller() = Caller();
  request.set_fault_id(fault_id);
  request.set_generation(1);
  const BootInstant start = BootNow() + absl::Milliseconds(100);
  request.set_start_ns(start.nanos());
  request.set_expiry_ns((start + lease).nanos());
  request.set_end_ns((start + absl::Seconds(60)).nanos());
  grpc::ClientContext context;
  SetDeadline(context);
  v1::ArmResponse response;
  return stub_->Arm(&context, request, &response);
}

grpc::Status AgentProcess::KeepAlive(const std::string& fault_id,
                                     uint64_t number, absl::Duration lease) {
  v1::KeepAliveRequest request;
  *request.mutable_caller() = Caller();
  request.set_fault_id(fault_id);
  request.set_generation(1);
  request.set_number(number);
  request.set_expiry_ns((BootNow() + lease).nanos());
  grpc::ClientContext context;
  SetDeadline(context);
  v1::KeepAliveResponse response;
  return stub_->KeepAlive(&context, request, &response);
}

grpc::Status AgentProcess::Heal(const std::string& fault_id) {
  v1::HealRequest request;
  *request.mutable_caller() = Caller();
  request.set_fault_id(fault_id);
  grpc::ClientContext context;
  SetDeadline(context);
  v1::HealResponse response;
  return stub_->Heal(&context, request, &response);
}

}  // namespace sunder::agent
