// The controller as the commands see it. GrpcClient is the real one; this
// header keeps gRPC out of everything else.

#ifndef SUNDER_CLI_CLIENT_CLIENT_H_
#define SUNDER_CLI_CLIENT_CLIENT_H_

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sunder/controller/v1/controller.pb.h"

namespace sunder::cli {

// A running WatchFault. Destroying it ends the stream, and with it a hold.
class FaultStream {
 public:
  virtual ~FaultStream() = default;
};

class Client {
 public:
  virtual ~Client() = default;

  // Waits for the answer up to `timeout`. An error of the controller carries an
  // ErrorDetail, one of the connection does not.
  virtual absl::StatusOr<controller::v1::GetTopologyResponse> GetTopology(
      const controller::v1::GetTopologyRequest& request,
      absl::Duration timeout) = 0;
  virtual absl::StatusOr<controller::v1::ListAgentsResponse> ListAgents(
      const controller::v1::ListAgentsRequest& request,
      absl::Duration timeout) = 0;
  virtual absl::StatusOr<controller::v1::CreateFaultResponse> CreateFault(
      const controller::v1::CreateFaultRequest& request,
      absl::Duration timeout) = 0;
  virtual absl::StatusOr<controller::v1::GetFaultResponse> GetFault(
      const controller::v1::GetFaultRequest& request,
      absl::Duration timeout) = 0;
  virtual absl::StatusOr<controller::v1::ListFaultsResponse> ListFaults(
      const controller::v1::ListFaultsRequest& request,
      absl::Duration timeout) = 0;
  virtual absl::StatusOr<controller::v1::HealFaultsResponse> HealFaults(
      const controller::v1::HealFaultsRequest& request,
      absl::Duration timeout) = 0;
  virtual absl::StatusOr<controller::v1::KillTasksResponse> KillTasks(
      const controller::v1::KillTasksRequest& request,
      absl::Duration timeout) = 0;

  // Both callbacks run on a thread of the client's. `on_end` is the last one,
  // and may be told OK: the controller has no more to say. The client outlives
  // the stream.
  using OnFault = std::function<void(const v1::Fault&)>;
  using OnEnd = std::function<void(const absl::Status&)>;
  virtual std::unique_ptr<FaultStream> WatchFault(
      const controller::v1::WatchFaultRequest& request, OnFault on_fault,
      OnEnd on_end) = 0;
};

}  // namespace sunder::cli

#endif  // SUNDER_CLI_CLIENT_CLIENT_H_
