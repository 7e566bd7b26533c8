// SIGINT, SIGTERM and SIGHUP as something to read, so that a command can heal
// before it ends. To be made before any other thread, which inherits the mask.

#ifndef SUNDER_CLI_COMMANDS_SIGNALS_H_
#define SUNDER_CLI_COMMANDS_SIGNALS_H_

#include "absl/status/statusor.h"
#include "common/unique_fd.h"

namespace sunder::cli {

class Signals {
 public:
  static absl::StatusOr<Signals> Block();
  int fd() const { return fd_.get(); }
  // Takes one that has arrived; false: none has.
  bool Take();

 private:
  explicit Signals(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace sunder::cli

#endif  // SUNDER_CLI_COMMANDS_SIGNALS_H_
