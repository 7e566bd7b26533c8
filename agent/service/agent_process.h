// Runs the real sunder-agent in the calling process's network namespace, and
// calls it. Tests only.

#ifndef SUNDER_AGENT_SERVICE_AGENT_PROCESS_H_
#define SUNDER_AGENT_SERVICE_AGENT_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "agent/service/temp_dir.h"
#include "common/clock.h"
#include "sunder/agent/v1/agent.grpc.pb.h"
#include "sunder/agent/v1/agent.pb.h"

namespace sunder::agent {

class AgentProcess {
 public:
  AgentProcess() { Start(); }
  ~AgentProcess();
  AgentProcess(const AgentProcess&) = delete;
  AgentProcess& operator=(const AgentProcess&) = delete;

  // Returns when the agent answers.
  void Start();
  // Sends the signal and returns the wait status; the process is gone.
  int End(int signal);
  void Signal(int signal) const;
  pid_t pid() const { return pid_; }

  // Runs the program with further arguments, same state directory; its exit
  // code.
  int RunBeside(std::vector<std::string> arguments) const;

  v1::Agent::Stub& stub() { return *stub_; }
  v1::DescribeResponse Describe();
  v1::Held HeldOf(const std::string& fault_id);

  // Requests that the agent takes; `fault_id` drops UDP to port 9999.
  v1::Caller Caller();
  grpc::Status Stage(const std::string& fault_id, bool validate_only = false);
  grpc::Status Arm(const std::string& fault_id, absl::Duration lease);
  grpc::Status KeepAlive(const std::string& fault_id, uint64_t number,
                         absl::Duration lease);
  grpc::Status Heal(const std::string& fault_id);
  const std::string& ruleset() const { return ruleset_; }

 private:
  pid_t Spawn(std::vector<std::string> arguments) const;

  TempDir dir_;
  pid_t pid_ = -1;
  std::unique_ptr<v1::Agent::Stub> stub_;
  uint64_t incarnation_ = 0;
  std::string ruleset_;  // Of the last validate_only.
};

// Polls `condition` until it holds; false after `patience`.
template <typename Condition>
bool Eventually(Condition condition,
                absl::Duration patience = absl::Seconds(10)) {
  const BootInstant deadline = BootNow() + patience;
  while (!condition()) {
    if (BootNow() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(5));  // bounded wait
  }
  return true;
}

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_SERVICE_AGENT_PROCESS_H_
