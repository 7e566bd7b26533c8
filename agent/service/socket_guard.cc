#include "agent/service/socket_guard.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "agent/service/durable_file.h"
#include "common/errno_status.h"
#include "common/log.h"

namespace sunder::agent {
namespace {

// Abstract names belong to a network namespace.
constexpr absl::string_view kNamespaceClaim("\0sunder-agent", 13);

absl::StatusOr<sockaddr_un> UnixAddress(absl::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return absl::InvalidArgumentError(
        absl::StrCat("the socket's path is longer than ",
                     sizeof address.sun_path - 1, " bytes: ", path));
  }
  std::copy(path.begin(), path.end(), address.sun_path);
  return address;
}

constexpr socklen_t kClaimSize =
    offsetof(sockaddr_un, sun_path) + kNamespaceClaim.size();

sockaddr_un ClaimAddress() { return *UnixAddress(kNamespaceClaim); }

UniqueFd StreamSocket() {
  return UniqueFd(
      socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

}  // namespace

absl::StatusOr<UniqueFd> ClaimNetworkNamespace() {
  // Twice: whoever has just taken the name does not listen yet, or is dying.
  absl::StatusOr<pid_t> holder = absl::UnknownError("");
  for (int i = 0; i < 2; ++i) {
    if (i > 0) absl::SleepFor(absl::Milliseconds(50));  // bounded wait
    UniqueFd fd = StreamSocket();
    if (!fd.valid()) return ErrnoStatus(errno, "socket AF_UNIX");
    const sockaddr_un address = ClaimAddress();
    if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address),
             kClaimSize) == 0) {
      if (listen(fd.get(), SOMAXCONN) == 0) return fd;
      return ErrnoStatus(errno, "listen on the claim of this namespace");
    }
    if (errno != EADDRINUSE) {
      return ErrnoStatus(errno, "claim this network namespace");
    }
    holder = FindAgentHere();
    if (holder.ok()) {
      return absl::AlreadyExistsError(
          absl::StrCat("another sunder-agent (process ", *holder,
                       ") serves this network namespace"));
    }
  }
  spdlog::warn(
      "somebody who is no agent holds the name that claims this network "
      "namespace; going on without it: {}",
      holder.status().ToString());
  return UniqueFd();
}

void AnswerClaims(const UniqueFd& claim) {
  while (
      UniqueFd(accept4(claim.get(), nullptr, nullptr, SOCK_CLOEXEC)).valid()) {
  }
}

absl::StatusOr<pid_t> FindAgentHere() {
  const UniqueFd fd = StreamSocket();
  if (!fd.valid()) return ErrnoStatus(errno, "socket AF_UNIX");
  const sockaddr_un address = ClaimAddress();
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address),
              kClaimSize) != 0) {
    const int error = errno;
    absl::Status s = ErrnoStatus(error, "connect to the claim's holder");
    return error == ECONNREFUSED ? absl::NotFoundError(s.message()) : s;
  }
  ucred holder{};
  socklen_t size = sizeof holder;
  if (getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &holder, &size) != 0) {
    return ErrnoStatus(errno, "SO_PEERCRED of the claim");
  }
  if (holder.uid != 0) {
    return absl::PermissionDeniedError(
        absl::StrCat("process ", holder.pid, " of user ", holder.uid,
                     " holds the claim, and not root"));
  }
  return holder.pid;
}

absl::StatusOr<UniqueFd> ClaimStateDirectory(const std::string& state_dir) {
  const std::string path = state_dir + "/lock";
  UniqueFd fd(
      open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!fd.valid()) return ErrnoStatus(errno, absl::StrCat("open ", path));
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return absl::AlreadyExistsError(
          absl::StrCat("another sunder-agent uses ", state_dir));
    }
    return ErrnoStatus(errno, absl::StrCat("lock ", path));
  }
  return fd;
}

absl::Status ClearSocketPath(const std::string& path) {
  const auto address = UnixAddress(path);
  if (!address.ok()) return address.status();
  const std::string directory =
      std::filesystem::path(path).parent_path().string();
  if (!directory.empty()) {
    if (absl::Status s = MakeDirectories(directory); !s.ok()) return s;
  }
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return absl::OkStatus();
    return ErrnoStatus(errno, absl::StrCat("stat ", path));
  }
  if (!S_ISSOCK(info.st_mode)) {
    return absl::AlreadyExistsError(
        absl::StrCat(path, " exists and is not a socket"));
  }
  const UniqueFd fd = StreamSocket();
  if (!fd.valid()) return ErrnoStatus(errno, "socket AF_UNIX");
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address),
              sizeof *address) == 0 ||
      errno != ECONNREFUSED) {
    return absl::AlreadyExistsError(
        absl::StrCat("another program listens on ", path));
  }
  if (unlink(path.c_str()) != 0) {
    return ErrnoStatus(errno, absl::StrCat("remove the stale socket ", path));
  }
  return absl::OkStatus();
}

std::string SocketPathOf(const std::string& target) {
  absl::string_view rest = target;
  if (!absl::ConsumePrefix(&rest, "unix:")) return "";
  absl::ConsumePrefix(&rest, "//");
  return std::string(rest);
}

}  // namespace sunder::agent
