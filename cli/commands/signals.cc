#include "cli/commands/signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <utility>

#include "common/errno_status.h"

namespace sunder::cli {

absl::StatusOr<Signals> Signals::Block() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  if (const int error = pthread_sigmask(SIG_BLOCK, &set, nullptr); error != 0) {
    return ErrnoStatus(error, "block signals");
  }
  UniqueFd fd(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus(errno, "make a signal descriptor");
  return Signals(std::move(fd));
}

bool Signals::Take() {
  signalfd_siginfo info;
  return read(fd_.get(), &info, sizeof(info)) ==
         static_cast<ssize_t>(sizeof(info));
}

}  // namespace sunder::cli
