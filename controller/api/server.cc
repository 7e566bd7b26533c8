#include "controller/api/server.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/errno_status.h"
#include "common/libraries.h"
#include "common/unique_fd.h"
#include "grpcpp/server_builder.h"

namespace sunder::controller {
namespace {

constexpr int kMaxRequest = 64 << 20;

// "unix:/run/x" and "unix:///run/x" name the same file.
std::string SocketPath(const std::string& listen) {
  std::string path = listen.substr(sizeof "unix:" - 1);
  if (absl::StartsWith(path, "//")) path.erase(0, 2);
  return path;
}

// Whether somebody answers there. gRPC would take the name away from them.
absl::StatusOr<bool> IsTaken(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return absl::InvalidArgumentError(
        absl::StrCat("a unix socket's path has 1 to ",
                     sizeof address.sun_path - 1, " bytes: ", path));
  }
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return ErrnoStatus(errno, "make a unix socket");
  return connect(fd.get(), reinterpret_cast<const sockaddr*>(&address),
                 sizeof address) == 0;
}

absl::Status PrepareSocket(const std::string& listen) {
  const std::string path = SocketPath(listen);
  absl::StatusOr<bool> taken = IsTaken(path);
  if (!taken.ok()) return taken.status();
  if (*taken) {
    return absl::FailedPreconditionError(
        absl::StrCat("another program listens on ", listen,
                     ": stop it first, or give another --listen"));
  }
  std::error_code error;
  const auto dir = std::filesystem::path(path).parent_path();
  if (!dir.empty()) std::filesystem::create_directories(dir, error);
  if (error) return ErrnoStatus(error.value(), "make " + dir.string());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<grpc::Server>> StartServer(
    const std::string& listen, const TlsFiles& tls, grpc::Service& service) {
  auto credentials = ServerCredentialsFor(listen, tls);
  if (!credentials.ok()) return credentials.status();
  if (IsUnixTarget(listen)) {
    if (absl::Status s = PrepareSocket(listen); !s.ok()) return s;
  }
  grpc::ServerBuilder builder;
  builder.AddListeningPort(listen, *credentials);
  builder.RegisterService(&service);
  builder.SetMaxReceiveMessageSize(kMaxRequest);
  builder.SetMaxSendMessageSize(-1);
  // One address, one server.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  for (const auto& [name, value] : kTransportArguments) {
    builder.AddChannelArgument(name, value);
  }
  // A holding client whose host vanished must be noticed.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  const mode_t mask = umask(0177);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  umask(mask);
  if (!server) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", listen,
                     " (the log has gRPC's reason); give another --listen"));
  }
  return server;
}

}  // namespace sunder::controller
