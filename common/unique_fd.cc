#include "common/unique_fd.h"

#include <unistd.h>

namespace sunder {

void UniqueFd::Reset(int fd) {
  if (fd_ >= 0) close(fd_);  // Linux closes even where it reports EINTR.
  fd_ = fd;
}

}  // namespace sunder
