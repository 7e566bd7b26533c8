// The client that speaks gRPC with a controller.

#ifndef SUNDER_CLI_CLIENT_GRPC_CLIENT_H_
#define SUNDER_CLI_CLIENT_GRPC_CLIENT_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "cli/client/client.h"
#include "common/tls.h"

namespace sunder::cli {

// Does not connect yet: the first request does.
absl::StatusOr<std::unique_ptr<Client>> MakeGrpcClient(
    const std::string& target, const TlsFiles& tls);

}  // namespace sunder::cli

#endif  // SUNDER_CLI_CLIENT_GRPC_CLIENT_H_
