// One line on the terminal for somebody who waits, from the second second on;
// nothing where stderr is no terminal.

#ifndef SUNDER_CLI_COMMANDS_PROGRESS_H_
#define SUNDER_CLI_COMMANDS_PROGRESS_H_

#include <string>

#include "cli/commands/environment.h"
#include "common/instant.h"

namespace sunder::cli {

class Progress {
 public:
  Progress(const Environment& environment, BootInstant now);
  ~Progress() { Clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Show(const std::string& line, BootInstant now);
  void Clear();

 private:
  const Environment& environment_;
  const BootInstant began_;
  bool shown_ = false;
};

}  // namespace sunder::cli

#endif  // SUNDER_CLI_COMMANDS_PROGRESS_H_
