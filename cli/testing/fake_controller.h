// A controller that does what the test says, on a unix socket: for tests of the
// program `sunder`. Its methods may be called from any thread.

#ifndef SUNDER_CLI_TESTING_FAKE_CONTROLLER_H_
#define SUNDER_CLI_TESTING_FAKE_CONTROLLER_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "sunder/controller/v1/controller.grpc.pb.h"

namespace sunder::cli {

class FakeController final : public controller::v1::Controller::Service {
 public:
  explicit FakeController(const std::string& socket_path);
  ~FakeController() override;

  const std::string& target() const { return target_; }

  // ---- what it is to do
  void SetTopology(const v1::Topology& topology);
  void SetAgents(const controller::v1::ListAgentsResponse& agents);
  void SetKill(const controller::v1::KillTasksResponse& response);
  void SetDryRun(const controller::v1::CreateFaultResponse& response);
  // What becomes of a fault: its first state is CreateFault's answer, the
  // others follow at once.
  void OnCreate(const std::vector<v1::Fault>& states);
  void OnHeal(const v1::Fault& state);      // Of any fault that is healed.
  void NotHealed(const absl::Status& why);  // So HealFaults says of one more.
  // The state of a fault from now on.
  void Publish(const v1::Fault& fault);
  // The method (by its name) answers so.
  void FailWith(const std::string& method, const absl::Status& status);
  // Each running watch ends so, and its watcher has to come again.
  void BreakWatches();

  // ---- what it was asked
  controller::v1::CreateFaultRequest created();
  controller::v1::HealFaultsRequest healed();
  controller::v1::KillTasksRequest killed();
  bool refreshed();
  // How long the last GetTopology or KillTasks was ready to wait.
  absl::Duration patience();
  int calls(const std::string& method);
  // True as soon as so many streams hold a fault; false after `timeout`.
  bool AwaitHolders(int n, absl::Duration timeout);
  bool AwaitCalls(const std::string& method, int n, absl::Duration timeout);

 private:
  using Context = grpc::ServerContext;
  grpc::Status GetTopology(
      Context* context, const controller::v1::GetTopologyRequest* request,
      controller::v1::GetTopologyResponse* response) override;
  grpc::Status ListAgents(
      Context* context, const controller::v1::ListAgentsRequest* request,
      controller::v1::ListAgentsResponse* response) override;
  grpc::Status CreateFault(
      Context* context, const controller::v1::CreateFaultRequest* request,
      controller::v1::CreateFaultResponse* response) override;
  grpc::Status GetFault(Context* context,
                        const controller::v1::GetFaultRequest* request,
                        controller::v1::GetFaultResponse* response) override;
  grpc::Status ListFaults(
      Context* context, const controller::v1::ListFaultsRequest* request,
      controller::v1::ListFaultsResponse* response) override;
  grpc::Status HealFaults(
      Context* context, const controller::v1::HealFaultsRequest* request,
      controller::v1::HealFaultsResponse* response) override;
  grpc::Status WatchFault(
      Context* context, const controller::v1::WatchFaultRequest* request,
      grpc::ServerWriter<controller::v1::WatchFaultResponse>* writer) override;
  grpc::Status KillTasks(Context* context,
                         const controller::v1::KillTasksRequest* request,
                         controller::v1::KillTasksResponse* response) override;

  // Counts the call; the error that it is to end with, if any.
  grpc::Status Enter(const std::string& method)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Put(const v1::Fault& fault) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string target_;
  absl::Mutex mutex_;
  v1::Topology topology_ ABSL_GUARDED_BY(mutex_);
  controller::v1::ListAgentsResponse agents_ ABSL_GUARDED_BY(mutex_);
  controller::v1::KillTasksResponse kill_ ABSL_GUARDED_BY(mutex_);
  controller::v1::CreateFaultResponse dry_run_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::Fault> on_create_ ABSL_GUARDED_BY(mutex_);
  v1::Fault on_heal_ ABSL_GUARDED_BY(mutex_);
  std::vector<absl::Status> not_healed_ ABSL_GUARDED_BY(mutex_);
  // Every state that each fault has had.
  std::map<std::string, std::vector<v1::Fault>> faults_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, absl::Status> errors_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int> calls_ ABSL_GUARDED_BY(mutex_);
  controller::v1::CreateFaultRequest created_ ABSL_GUARDED_BY(mutex_);
  controller::v1::HealFaultsRequest healed_ ABSL_GUARDED_BY(mutex_);
  controller::v1::KillTasksRequest killed_ ABSL_GUARDED_BY(mutex_);
  bool refreshed_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Duration patience_ ABSL_GUARDED_BY(mutex_);
  int holders_ ABSL_GUARDED_BY(mutex_) = 0;
  int breaks_ ABSL_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace sunder::cli

#endif  // SUNDER_CLI_TESTING_FAKE_CONTROLLER_H_
