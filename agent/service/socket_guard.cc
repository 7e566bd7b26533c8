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
#include "agent/service/durable_file.h"
#include "common/errno_status.h"

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

}  // namespace

absl::StatusOr<UniqueFd> ClaimNetworkNamespace() {
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return ErrnoStatus(errno, "socket AF_UNIX");
  const auto address = UnixAddress(kNamespaceClaim);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) +
                                           kNamespaceClaim.size());
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), size) != 0) {
    if (errno == EADDRINUSE) {
      return absl::AlreadyExistsError(
          "another sunder-agent serves this network namespace");
    }
    return ErrnoStatus(errno, "claim this network namespace");
  }
  return fd;
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
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
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
