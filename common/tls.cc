#include "common/tls.h"

#include <errno.h>

#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/errno_status.h"

namespace sunder {
namespace {

struct Pem {
  std::string certificate, key, authority;
};

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  if (!in || !(content << in.rdbuf())) {
    return ErrnoStatus(errno != 0 ? errno : EIO, "read " + path);
  }
  return content.str();
}

absl::StatusOr<Pem> ReadPem(const std::string& target, const TlsFiles& files) {
  if (files.certificate.empty() || files.key.empty() ||
      files.authority.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        target,
        " is reached over the network and wants TLS: give "
        "--tls-certificate, --tls-key and --tls-authority, or use a "
        "unix: target"));
  }
  Pem pem;
  for (auto [path, content] : {std::pair{&files.certificate, &pem.certificate},
                               {&files.key, &pem.key},
                               {&files.authority, &pem.authority}}) {
    absl::StatusOr<std::string> read = ReadFile(*path);
    if (!read.ok()) return read.status();
    *content = *std::move(read);
  }
  return pem;
}

}  // namespace

bool IsUnixTarget(const std::string& target) {
  return absl::StartsWith(target, "unix:");
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerCredentialsFor(
    const std::string& target, const TlsFiles& files) {
  if (IsUnixTarget(target)) return grpc::InsecureServerCredentials();
  absl::StatusOr<Pem> pem = ReadPem(target, files);
  if (!pem.ok()) return pem.status();
  grpc::SslServerCredentialsOptions options(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = pem->authority;
  options.pem_key_cert_pairs.push_back({pem->key, pem->certificate});
  return grpc::SslServerCredentials(options);
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ChannelCredentialsFor(
    const std::string& target, const TlsFiles& files) {
  if (IsUnixTarget(target)) return grpc::InsecureChannelCredentials();
  absl::StatusOr<Pem> pem = ReadPem(target, files);
  if (!pem.ok()) return pem.status();
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = pem->authority;
  options.pem_private_key = pem->key;
  options.pem_cert_chain = pem->certificate;
  return grpc::SslCredentials(options);
}

}  // namespace sunder
