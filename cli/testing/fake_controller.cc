#include "cli/testing/fake_controller.h"

#include <chrono>

#include "cli/core/life.h"
#include "common/error_detail.h"
#include "common/grpc_status.h"

namespace sunder::cli {

FakeController::FakeController(const std::string& socket_path)
    : target_("unix:" + socket_path) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(target_, grpc::InsecureServerCredentials());
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
}

FakeController::~FakeController() {
  server_->Shutdown(std::chrono::system_clock::now());
}

void FakeController::SetTopology(const v1::Topology& topology) {
  absl::MutexLock lock(&mutex_);
  topology_ = topology;
}

void FakeController::SetAgents(
    const controller::v1::ListAgentsResponse& agents) {
  absl::MutexLock lock(&mutex_);
  agents_ = agents;
}

void FakeController::SetKill(
    const controller::v1::KillTasksResponse& response) {
  absl::MutexLock lock(&mutex_);
  kill_ = response;
}

void FakeController::SetDryRun(
    const controller::v1::CreateFaultResponse& response) {
  absl::MutexLock lock(&mutex_);
  dry_run_ = response;
}

void FakeController::OnCreate(const std::vector<v1::Fault>& states) {
  absl::MutexLock lock(&mutex_);
  on_create_ = states;
}

void FakeController::OnHeal(const v1::Fault& state) {
  absl::MutexLock lock(&mutex_);
  on_heal_ = state;
}

void FakeController::NotHealed(const absl::Status& why) {
  absl::MutexLock lock(&mutex_);
  not_healed_.push_back(why);
}

void FakeController::Publish(const v1::Fault& fault) {
  absl::MutexLock lock(&mutex_);
  Put(fault);
}

void FakeController::FailWith(const std::string& method,
                              const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  errors_[method] = status;
}

void FakeController::BreakWatches() {
  absl::MutexLock lock(&mutex_);
  ++breaks_;
}

controller::v1::CreateFaultRequest FakeController::created() {
  absl::MutexLock lock(&mutex_);
  return created_;
}

controller::v1::HealFaultsRequest FakeController::healed() {
  absl::MutexLock lock(&mutex_);
  return healed_;
}

controller::v1::KillTasksRequest FakeController::killed() {
  absl::MutexLock lock(&mutex_);
  return killed_;
}

bool FakeController::refreshed() {
  absl::MutexLock lock(&mutex_);
  return refreshed_;
}

absl::Duration FakeController::patience() {
  absl::MutexLock lock(&mutex_);
  return patience_;
}

int FakeController::calls(const std::string& method) {
  absl::MutexLock lock(&mutex_);
  return calls_[method];
}

bool FakeController::AwaitHolders(int n, absl::Duration timeout) {
  absl::MutexLock lock(&mutex_);
  const auto reached = [this, n]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return holders_ == n;
  };
  return mutex_.AwaitWithTimeout(absl::Condition(&reached), timeout);
}

bool FakeController::AwaitCalls(const std::string& method, int n,
                                absl::Duration timeout) {
  absl::MutexLock lock(&mutex_);
  const auto reached = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return calls_[method] >= n;
  };
  return mutex_.AwaitWithTimeout(absl::Condition(&reached), timeout);
}

grpc::Status FakeController::Enter(const std::string& method) {
  ++calls_[method];
  const auto error = errors_.find(method);
  return error == errors_.end() ? grpc::Status::OK
                                : ToGrpcStatus(error->second);
}

void FakeController::Put(const v1::Fault& fault) {
  faults_[fault.id()].push_back(fault);
}

grpc::Status FakeController::GetTopology(
    Context* context, const controller::v1::GetTopologyRequest* request,
    controller::v1::GetTopologyResponse* response) {
  absl::MutexLock lock(&mutex_);
  refreshed_ = request->refresh();
  patience_ =
      absl::FromChrono(context->deadline() - std::chrono::system_clock::now());
  *response->mutable_topology() = topology_;
  return Enter("GetTopology");
}

grpc::Status FakeController::ListAgents(
    Context*, const controller::v1::ListAgentsRequest*,
    controller::v1::ListAgentsResponse* response) {
  absl::MutexLock lock(&mutex_);
  *response = agents_;
  return Enter("ListAgents");
}

grpc::Status FakeController::CreateFault(
    Context*, const controller::v1::CreateFaultRequest* request,
    controller::v1::CreateFaultResponse* response) {
  absl::MutexLock lock(&mutex_);
  created_ = *request;
  if (grpc::Status status = Enter("CreateFault"); !status.ok()) return status;
  if (request->validate_only()) {
    *response = dry_run_;
    return grpc::Status::OK;
  }
  faults_.erase(on_create_.front().id());  // Each is a new one.
  for (v1::Fault& state : on_create_) {
    state.mutable_spec()->set_hold(request->spec().hold());
    Put(state);
  }
  *response->mutable_fault() = on_create_.front();
  return grpc::Status::OK;
}

grpc::Status FakeController::GetFault(
    Context*, const controller::v1::GetFaultRequest* request,
    controller::v1::GetFaultResponse* response) {
  absl::MutexLock lock(&mutex_);
  if (grpc::Status status = Enter("GetFault"); !status.ok()) return status;
  const auto found = faults_.lower_bound(request->id());
  if (found == faults_.end() || found->first.rfind(request->id(), 0) != 0) {
    return ToGrpcStatus(ErrorWithDetail(
        absl::StatusCode::kNotFound, "no fault " + request->id(), "NOT_FOUND",
        request->id(), "`sunder faults --ended` lists all."));
  }
  *response->mutable_fault() = found->second.back();
  return grpc::Status::OK;
}

grpc::Status FakeController::ListFaults(
    Context*, const controller::v1::ListFaultsRequest* request,
    controller::v1::ListFaultsResponse* response) {
  absl::MutexLock lock(&mutex_);
  for (const auto& [id, states] : faults_) {
    if (request->include_ended() || !IsFinal(states.back().state())) {
      *response->add_faults() = states.back();
    }
  }
  return Enter("ListFaults");
}

grpc::Status FakeController::HealFaults(
    Context*, const controller::v1::HealFaultsRequest* request,
    controller::v1::HealFaultsResponse* response) {
  absl::MutexLock lock(&mutex_);
  healed_ = *request;
  if (grpc::Status status = Enter("HealFaults"); !status.ok()) return status;
  for (const absl::Status& why : not_healed_) {
    *response->add_not_healed() = ToStatusDetails(why);
  }
  for (auto& [id, states] : faults_) {
    if (IsFinal(states.back().state())) continue;
    *response->add_faults() = states.back();
    if (request->validate_only()) continue;
    v1::Fault next = on_heal_;
    next.set_id(id);
    states.push_back(next);
  }
  return grpc::Status::OK;
}

grpc::Status FakeController::WatchFault(
    Context* context, const controller::v1::WatchFaultRequest* request,
    grpc::ServerWriter<controller::v1::WatchFaultResponse>* writer) {
  absl::MutexLock lock(&mutex_);
  if (grpc::Status status = Enter("WatchFault"); !status.ok()) return status;
  const int breaks = breaks_;
  holders_ += request->hold() ? 1 : 0;
  std::vector<v1::Fault>& states = faults_[request->id()];
  size_t told = 0;
  bool is_over = false;
  while (!is_over && !context->IsCancelled() && breaks_ == breaks) {
    if (told == states.size()) {
      // Cancellation wakes nobody: looked for now and then.
      const auto changed = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return told != states.size() || breaks_ != breaks;
      };
      mutex_.AwaitWithTimeout(absl::Condition(&changed),
                              absl::Milliseconds(10));
      continue;
    }
    controller::v1::WatchFaultResponse response;
    *response.mutable_fault() = states[told++];
    is_over = IsFinal(response.fault().state());
    writer->Write(response);
  }
  holders_ -= request->hold() ? 1 : 0;
  return breaks_ == breaks
             ? grpc::Status::OK
             : grpc::Status(grpc::StatusCode::UNAVAILABLE, "broken");
}

grpc::Status FakeController::KillTasks(
    Context* context, const controller::v1::KillTasksRequest* request,
    controller::v1::KillTasksResponse* response) {
  absl::MutexLock lock(&mutex_);
  killed_ = *request;
  patience_ =
      absl::FromChrono(context->deadline() - std::chrono::system_clock::now());
  *response = kill_;
  return Enter("KillTasks");
}

}  // namespace sunder::cli
