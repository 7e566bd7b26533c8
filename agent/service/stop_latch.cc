#include "agent/service/stop_latch.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "absl/strings/str_cat.h"
#include "agent/service/durable_file.h"
#include "common/errno_status.h"
#include "common/error_detail.h"

namespace sunder::agent {

StopLatch::StopLatch(const std::string& state_dir)
    : state_dir_(state_dir), path_(state_dir + "/latch") {}

bool StopLatch::IsSet() const {
  return faccessat(AT_FDCWD, path_.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
         (errno != ENOENT && errno != ENOTDIR);
}

absl::Status StopLatch::Set() const {
  return WriteDurably(path_,
                      "Set by sunder-agent --heal-all: every fault is refused "
                      "on this host until sunder-agent --release-latch.\n");
}

absl::Status StopLatch::Release() const {
  if (unlink(path_.c_str()) != 0) {
    return ErrnoStatus(errno, absl::StrCat("remove the stop latch ", path_));
  }
  return SyncDirectory(state_dir_);
}

absl::Status StopLatch::Refusal() const {
  return ErrorWithDetail(
      absl::StatusCode::kFailedPrecondition,
      absl::StrCat("the stop latch is set at this host (", path_,
                   "): every fault is refused"),
      "LATCHED", path_,
      "Release it with sunder-agent --release-latch on that host.");
}

absl::StatusOr<UniqueFd> StopLatch::Watch() const {
  UniqueFd fd(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!fd.valid()) return ErrnoStatus(errno, "inotify_init1");
  if (inotify_add_watch(fd.get(), state_dir_.c_str(),
                        IN_CREATE | IN_MOVED_TO | IN_DELETE) < 0) {
    return ErrnoStatus(errno, absl::StrCat("inotify_add_watch ", state_dir_));
  }
  return fd;
}

}  // namespace sunder::agent
