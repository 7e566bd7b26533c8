#include "controller/store/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/errno_status.h"

namespace sunder::controller {
namespace {

absl::Status MakeDir(const std::string& dir) {
  std::error_code error;
  if (!std::filesystem::create_directories(dir, error)) {
    if (error) return ErrnoStatus(error.value(), "make state directory " + dir);
    return absl::OkStatus();  // It was there.
  }
  if (chmod(dir.c_str(), 0700) != 0) return ErrnoStatus(errno, "chmod " + dir);
  return absl::OkStatus();
}

// Who wrote itself into the lock file; empty where that cannot be told.
std::string Holder(int fd) {
  std::array<char, 32> text;
  const ssize_t n = pread(fd, text.data(), text.size(), 0);
  if (n <= 0) return "";
  return absl::StrCat(
      " (process ",
      absl::StripAsciiWhitespace(absl::string_view(text.data(), n)), ")");
}

absl::Status WriteHolder(int fd, const std::string& path) {
  const std::string text = absl::StrCat(getpid(), "\n");
  if (ftruncate(fd, 0) != 0 || pwrite(fd, text.data(), text.size(), 0) !=
                                   static_cast<ssize_t>(text.size())) {
    return ErrnoStatus(errno, "write " + path);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<UniqueFd> LockStateDir(const std::string& dir) {
  if (absl::Status s = MakeDir(dir); !s.ok()) return s;
  const std::string path = dir + "/controller.lock";
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd.valid()) return ErrnoStatus(errno, "open " + path);
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return ErrnoStatus(errno, "lock " + path);
    return absl::FailedPreconditionError(absl::StrCat(
        "another sunder-controller", Holder(fd.get()), " uses ", dir,
        ": stop it first, or give this one another --state-dir"));
  }
  if (absl::Status s = WriteHolder(fd.get(), path); !s.ok()) return s;
  return fd;
}

absl::Status SyncDir(const std::string& dir) {
  const UniqueFd fd(open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus(errno, "open " + dir);
  if (fsync(fd.get()) != 0) return ErrnoStatus(errno, "sync " + dir);
  return absl::OkStatus();
}

}  // namespace sunder::controller
