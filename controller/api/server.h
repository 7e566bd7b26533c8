// Opens the controller's endpoint: a unix socket for its owner alone, or a port
// with mutual TLS.

#ifndef SUNDER_CONTROLLER_API_SERVER_H_
#define SUNDER_CONTROLLER_API_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/tls.h"
#include "grpcpp/server.h"

namespace sunder::controller {

// FAILED_PRECONDITION where another program already listens there, or TLS is
// wanted and missing. Sets the process's umask for a moment: not thread-safe.
absl::StatusOr<std::unique_ptr<grpc::Server>> StartServer(
    const std::string& listen, const TlsFiles& tls, grpc::Service& service);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_API_SERVER_H_
