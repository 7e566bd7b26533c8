// absl::Status to gRPC status and back. Payloads whose URL starts with
// "type.googleapis.com/" travel in grpc-status-details-bin.

#ifndef SUNDER_COMMON_GRPC_STATUS_H_
#define SUNDER_COMMON_GRPC_STATUS_H_

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace sunder {

grpc::Status ToGrpcStatus(const absl::Status& status);
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace sunder

#endif  // SUNDER_COMMON_GRPC_STATUS_H_
