// Preloaded into a real program: some of its calls to the kernel fail, where a
// kernel may fail them. Netfilter's netlink sockets: EINTR, ENOBUFS (with the
// answer lost), ENOMEM, EPERM, an answer that is cut off. Files below one
// directory: ENOSPC, EROFS, EIO, EMFILE, EINTR, short reads and writes.
//
// $SUNDER_FAILING_CALLS is a file, shared with the test, that says how often
// and counts what was done; $SUNDER_FAILING_FILES the directory. Without them
// every call passes. Any thread may call at any time.

#include <dlfcn.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <string_view>

namespace {

// What failing_calls.py writes and reads.
struct Control {
  std::atomic<uint64_t> seed;
  std::atomic<uint64_t> netlink_per_mille, files_per_mille;
  std::atomic<uint64_t> netlink_failed, files_failed;
  std::atomic<uint64_t> draws;
};

template <typename Function>
Function* Next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

Control* Map() {
  const char* path = getenv("SUNDER_FAILING_CALLS");
  if (path == nullptr) return nullptr;
  static const auto kOpen = Next<int(const char*, int, ...)>("open");
  const int fd = kOpen(path, O_RDWR | O_CLOEXEC);
  void* memory = fd < 0 ? MAP_FAILED
                        : mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE,
                               MAP_SHARED, fd, 0);
  // Silence would be a run in which nothing fails.
  if (memory == MAP_FAILED) abort();
  close(fd);
  return static_cast<Control*>(memory);
}

Control* Shared() {
  static Control* const kControl = Map();
  return kControl;
}

uint64_t Draw(Control& control) {
  // splitmix64 of the seed and the number of the draw.
  uint64_t x = control.seed + (control.draws++ + 1) * 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// Whether this call fails, and if so how: one of `ways`.
bool Fails(Control* control, const std::atomic<uint64_t> Control::*per_mille,
           std::atomic<uint64_t> Control::*failed,
           std::initializer_list<int> ways, int& way) {
  if (control == nullptr || control->*per_mille == 0) return false;
  const uint64_t drawn = Draw(*control);
  if (drawn % 1000 >= control->*per_mille) return false;
  ++(control->*failed);
  way = *(ways.begin() + (drawn / 1000) % ways.size());
  return true;
}

constexpr int kShort = -1;  // A way that is no errno.

bool NetlinkFails(int fd, std::initializer_list<int> ways, int& way) {
  Control* control = Shared();
  if (control == nullptr || control->netlink_per_mille == 0) return false;
  const int kept = errno;
  int domain = 0, protocol = 0;
  socklen_t size = sizeof domain;
  const bool netfilter =
      getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
      domain == AF_NETLINK &&
      getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 &&
      protocol == NETLINK_NETFILTER;
  errno = kept;
  return netfilter && Fails(control, &Control::netlink_per_mille,
                            &Control::netlink_failed, ways, way);
}

bool Below(std::string_view path) {
  const char* directory = getenv("SUNDER_FAILING_FILES");
  return directory != nullptr &&
         path.substr(0, std::string_view(directory).size()) == directory;
}

bool PathFails(const char* path, std::initializer_list<int> ways, int& way) {
  return Below(path) && Fails(Shared(), &Control::files_per_mille,
                              &Control::files_failed, ways, way);
}

bool FileFails(int fd, std::initializer_list<int> ways, int& way) {
  Control* control = Shared();
  if (control == nullptr || control->files_per_mille == 0) return false;
  const int kept = errno;
  std::array<char, 64> link;
  std::array<char, 4096> path;
  snprintf(link.data(), link.size(), "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link.data(), path.data(), path.size());
  errno = kept;
  return length > 0 && Below({path.data(), static_cast<size_t>(length)}) &&
         Fails(control, &Control::files_per_mille, &Control::files_failed, ways,
               way);
}

int Failure(int error) {
  errno = error;
  return -1;
}

using OpenFunction = int(const char*, int, ...);

int Open(OpenFunction* next, const char* path, int flags, mode_t mode) {
  int way = 0;
  const bool writes = (flags & (O_ACCMODE | O_CREAT)) != O_RDONLY;
  if (writes && PathFails(path, {ENOSPC, EROFS, EIO, EMFILE}, way)) {
    return Failure(way);
  }
  if (!writes && PathFails(path, {EIO, EMFILE}, way)) return Failure(way);
  return next(path, flags, mode);
}

// A write of `count` bytes, all or some, by `next`.
template <typename Next>
ssize_t Write(int fd, size_t count, const Next& next) {
  int way = 0;
  if (!FileFails(fd, {ENOSPC, EIO, EINTR, kShort}, way)) return next(count);
  return way == kShort ? next(std::max<size_t>(1, count / 2)) : Failure(way);
}

template <typename Next>
ssize_t Read(int fd, size_t count, const Next& next) {
  int way = 0;
  if (!FileFails(fd, {EIO, EINTR, kShort}, way)) return next(count);
  return way == kShort ? next(std::max<size_t>(1, count / 2)) : Failure(way);
}

template <typename Next>
int Sync(int fd, const Next& next) {
  int way = 0;
  return FileFails(fd, {EIO, ENOSPC}, way) ? Failure(way) : next(fd);
}

}  // namespace

// NOLINTBEGIN(readability-identifier-naming,readability-inconsistent-declaration-parameter-name)
extern "C" {

ssize_t sendto(int fd, const void* bytes, size_t size, int flags,
               const sockaddr* to, socklen_t to_size) {
  static const auto kNext = Next<decltype(sendto)>("sendto");
  int way = 0;
  if (NetlinkFails(fd, {EINTR, ENOBUFS, ENOMEM, EPERM}, way)) {
    return Failure(way);
  }
  return kNext(fd, bytes, size, flags, to, to_size);
}

ssize_t recvmsg(int fd, msghdr* message, int flags) {
  static const auto kNext = Next<decltype(recvmsg)>("recvmsg");
  int way = 0;
  if (!NetlinkFails(fd, {EINTR, ENOBUFS, ENOMEM, kShort}, way)) {
    return kNext(fd, message, flags);
  }
  if (way == EINTR || way == ENOMEM) return Failure(way);
  if (way == kShort) {
    // The kernel itself cuts it off, and says so.
    msghdr less = *message;
    iovec half = *message->msg_iov;
    half.iov_len = 24;
    less.msg_iov = &half;
    less.msg_iovlen = 1;
    const ssize_t got = kNext(fd, &less, flags);
    message->msg_namelen = less.msg_namelen;
    message->msg_flags = less.msg_flags;
    return got;
  }
  const ssize_t lost = kNext(fd, message, flags);
  return lost < 0 ? lost : Failure(way);
}

int open(const char* path, int flags, ...) {
  static const auto kNext = Next<OpenFunction>("open");
  va_list more;
  va_start(more, flags);
  const auto mode = va_arg(more, mode_t);
  va_end(more);
  return Open(kNext, path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  static const auto kNext = Next<OpenFunction>("open64");
  va_list more;
  va_start(more, flags);
  const auto mode = va_arg(more, mode_t);
  va_end(more);
  return Open(kNext, path, flags, mode);
}

ssize_t write(int fd, const void* bytes, size_t count) {
  static const auto kNext = Next<decltype(write)>("write");
  return Write(fd, count, [=](size_t n) { return kNext(fd, bytes, n); });
}

ssize_t pwrite(int fd, const void* bytes, size_t count, off_t at) {
  static const auto kNext = Next<decltype(pwrite)>("pwrite");
  return Write(fd, count, [=](size_t n) { return kNext(fd, bytes, n, at); });
}

ssize_t pwrite64(int fd, const void* bytes, size_t count, off64_t at) {
  static const auto kNext = Next<decltype(pwrite64)>("pwrite64");
  return Write(fd, count, [=](size_t n) { return kNext(fd, bytes, n, at); });
}

ssize_t read(int fd, void* bytes, size_t count) {
  static const auto kNext = Next<decltype(read)>("read");
  return Read(fd, count, [=](size_t n) { return kNext(fd, bytes, n); });
}

ssize_t pread(int fd, void* bytes, size_t count, off_t at) {
  static const auto kNext = Next<decltype(pread)>("pread");
  return Read(fd, count, [=](size_t n) { return kNext(fd, bytes, n, at); });
}

ssize_t pread64(int fd, void* bytes, size_t count, off64_t at) {
  static const auto kNext = Next<decltype(pread64)>("pread64");
  return Read(fd, count, [=](size_t n) { return kNext(fd, bytes, n, at); });
}

int fsync(int fd) {
  static const auto kNext = Next<decltype(fsync)>("fsync");
  return Sync(fd, kNext);
}

int fdatasync(int fd) {
  static const auto kNext = Next<decltype(fdatasync)>("fdatasync");
  return Sync(fd, kNext);
}

int rename(const char* from, const char* to) noexcept {
  static const auto kNext = Next<int(const char*, const char*)>("rename");
  int way = 0;
  if (PathFails(to, {ENOSPC, EROFS, EIO}, way)) return Failure(way);
  return kNext(from, to);
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming,readability-inconsistent-declaration-parameter-name)
