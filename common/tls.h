// Who may talk to whom: a unix socket is guarded by its file's mode (0600, its
// owner's), `host:port` by mutual TLS.

#ifndef SUNDER_COMMON_TLS_H_
#define SUNDER_COMMON_TLS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"

namespace sunder {

// PEM files. All three or none.
struct TlsFiles {
  std::string certificate;
  std::string key;
  std::string authority;  // Who signed the peers that are let in.
};

// True for "unix:..." targets, which need no TLS.
bool IsUnixTarget(const std::string& target);

// FAILED_PRECONDITION where `target` wants TLS and `files` are missing; the
// error of the file that cannot be read.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerCredentialsFor(
    const std::string& target, const TlsFiles& files);
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ChannelCredentialsFor(
    const std::string& target, const TlsFiles& files);

}  // namespace sunder

#endif  // SUNDER_COMMON_TLS_H_
