#include "cli/client/grpc_client.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/error_detail.h"
#include "common/grpc_status.h"
#include "common/libraries.h"
#include "grpcpp/grpcpp.h"
#include "sunder/controller/v1/controller.grpc.pb.h"

namespace sunder::cli {
namespace {

using controller::v1::Controller;

class GrpcFaultStream final
    : public FaultStream,
      public grpc::ClientReadReactor<controller::v1::WatchFaultResponse> {
 public:
  GrpcFaultStream(Controller::Stub& stub,
                  const controller::v1::WatchFaultRequest& request,
                  Client::OnFault on_fault, Client::OnEnd on_end)
      : request_(request),
        on_fault_(std::move(on_fault)),
        on_end_(std::move(on_end)) {
    stub.async()->WatchFault(&context_, &request_, this);
    StartRead(&response_);
    StartCall();
  }

  ~GrpcFaultStream() override {
    context_.TryCancel();
    done_.WaitForNotification();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    on_fault_(response_.fault());
    StartRead(&response_);
  }

  void OnDone(const grpc::Status& status) override {
    on_end_(FromGrpcStatus(status));
    done_.Notify();
  }

 private:
  const controller::v1::WatchFaultRequest request_;
  const Client::OnFault on_fault_;
  const Client::OnEnd on_end_;
  grpc::ClientContext context_;
  controller::v1::WatchFaultResponse response_;
  absl::Notification done_;
};

class GrpcClient final : public Client {
 public:
  GrpcClient(std::string target, const std::shared_ptr<grpc::Channel>& channel)
      : target_(std::move(target)), stub_(Controller::NewStub(channel)) {}

  absl::StatusOr<controller::v1::GetTopologyResponse> GetTopology(
      const controller::v1::GetTopologyRequest& request,
      absl::Duration timeout) override {
    return Call(&Controller::Stub::GetTopology, request, timeout);
  }
  absl::StatusOr<controller::v1::ListAgentsResponse> ListAgents(
      const controller::v1::ListAgentsRequest& request,
      absl::Duration timeout) override {
    return Call(&Controller::Stub::ListAgents, request, timeout);
  }
  absl::StatusOr<controller::v1::CreateFaultResponse> CreateFault(
      const controller::v1::CreateFaultRequest& request,
      absl::Duration timeout) override {
    return Call(&Controller::Stub::CreateFault, request, timeout);
  }
  absl::StatusOr<controller::v1::GetFaultResponse> GetFault(
      const controller::v1::GetFaultRequest& request,
      absl::Duration timeout) override {
    return Call(&Controller::Stub::GetFault, request, timeout);
  }
  absl::StatusOr<controller::v1::ListFaultsResponse> ListFaults(
      const controller::v1::ListFaultsRequest& request,
      absl::Duration timeout) override {
    return Call(&Controller::Stub::ListFaults, request, timeout);
  }
  absl::StatusOr<controller::v1::HealFaultsResponse> HealFaults(
      const controller::v1::HealFaultsRequest& request,
      absl::Duration timeout) override {
    return Call(&Controller::Stub::HealFaults, request, timeout);
  }
  absl::StatusOr<controller::v1::KillTasksResponse> KillTasks(
      const controller::v1::KillTasksRequest& request,
      absl::Duration timeout) override {
    return Call(&Controller::Stub::KillTasks, request, timeout);
  }

  std::unique_ptr<FaultStream> WatchFault(
      const controller::v1::WatchFaultRequest& request, OnFault on_fault,
      OnEnd on_end) override {
    return std::make_unique<GrpcFaultStream>(
        *stub_, request, std::move(on_fault), std::move(on_end));
  }

 private:
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(
      grpc::Status (Controller::Stub::*method)(grpc::ClientContext*,
                                               const Request&, Response*),
      const Request& request, absl::Duration timeout) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         absl::ToChronoNanoseconds(timeout));
    Response response;
    absl::Status status =
        FromGrpcStatus(((*stub_).*method)(&context, request, &response));
    if (status.ok()) return response;
    if (GetErrorDetail(status)) return status;
    return absl::Status(
        status.code(),
        absl::StrCat(status.code() == absl::StatusCode::kUnavailable
                         ? "no controller answers at "
                         : "the controller at ",
                     target_, ": ", status.message()));
  }

  const std::string target_;
  const std::unique_ptr<Controller::Stub> stub_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Client>> MakeGrpcClient(
    const std::string& target, const TlsFiles& tls) {
  absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> credentials =
      ChannelCredentialsFor(target, tls);
  if (!credentials.ok()) return credentials.status();
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);  // Plans have no bound of ours.
  // A controller that starts again is found again at once.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // Also how long one attempt may take: a busy machine is not a dead one.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  for (const auto& [name, value] : kTransportArguments) {
    arguments.SetInt(name, value);
  }
  return std::make_unique<GrpcClient>(
      target, grpc::CreateCustomChannel(target, *credentials, arguments));
}

}  // namespace sunder::cli
