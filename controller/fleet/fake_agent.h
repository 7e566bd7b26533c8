// A well-behaved agent without a kernel, for tests: a gRPC server of its own on
// a unix socket that plays the protocol in memory. It can be told to refuse, to
// fall silent, and to die. Thread-safe.

#ifndef SUNDER_CONTROLLER_FLEET_FAKE_AGENT_H_
#define SUNDER_CONTROLLER_FLEET_FAKE_AGENT_H_

#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/server.h"
#include "sunder/agent/v1/agent.grpc.pb.h"

namespace sunder::controller {

class FakeAgent : private agent::v1::Agent::Service {
 public:
  // `clock_ahead`: of this agent's clock before CLOCK_BOOTTIME.
  FakeAgent(const std::string& name, const std::string& socket,
            absl::Duration clock_ahead = absl::ZeroDuration());
  ~FakeAgent() override;

  std::string target() const { return "unix:" + socket_; }

  void Start();  // A new incarnation, which holds nothing.
  void Die();    // The socket closes, streams break.

  void RefuseStage(const absl::Status& status);  // OK: no more.
  void BeSilent(bool silent);  // Calls wait until their caller gives up.
  void EndWatches();           // Every Watch stream is closed.

  // What it holds of a fault; default where nothing.
  agent::v1::Held held(const std::string& fault_id);
  // The last Stage request, also one with validate_only.
  agent::v1::StageRequest last_stage();
  int watchers();

 private:
  grpc::Status Describe(grpc::ServerContext* context,
                        const agent::v1::DescribeRequest* request,
                        agent::v1::DescribeResponse* response) override;
  grpc::Status Stage(grpc::ServerContext* context,
                     const agent::v1::StageRequest* request,
                     agent::v1::StageResponse* response) override;
  grpc::Status Arm(grpc::ServerContext* context,
                   const agent::v1::ArmRequest* request,
                   agent::v1::ArmResponse* response) override;
  grpc::Status KeepAlive(grpc::ServerContext* context,
                         const agent::v1::KeepAliveRequest* request,
                         agent::v1::KeepAliveResponse* response) override;
  grpc::Status Heal(grpc::ServerContext* context,
                    const agent::v1::HealRequest* request,
                    agent::v1::HealResponse* response) override;
  grpc::Status Watch(
      grpc::ServerContext* context, const agent::v1::WatchRequest* request,
      grpc::ServerWriter<agent::v1::WatchResponse>* writer) override;

  template <typename Change>
  grpc::Status Do(const agent::v1::Caller& caller, const std::string& fault_id,
                  agent::v1::Stamp* stamp, agent::v1::Held* held,
                  Change change);
  void WaitOutSilence(grpc::ServerContext* context);
  int64_t Now() const;
  agent::v1::Stamp MakeStamp() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Advance() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Until something changes by itself.
  absl::Duration UntilNextChange() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string name_, socket_;
  const absl::Duration clock_ahead_;
  absl::Mutex mutex_;
  uint64_t incarnation_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t highest_term_ ABSL_GUARDED_BY(mutex_) = 0;
  bool silent_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t changes_ ABSL_GUARDED_BY(mutex_) = 0;  // By calls.
  int ended_watches_ ABSL_GUARDED_BY(mutex_) = 0;
  int watchers_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status refuse_stage_ ABSL_GUARDED_BY(mutex_);
  agent::v1::StageRequest last_stage_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, agent::v1::Held> held_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_FLEET_FAKE_AGENT_H_
