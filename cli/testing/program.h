// Runs the program `sunder` as a process of its own, bounded in time.

#ifndef SUNDER_CLI_TESTING_PROGRAM_H_
#define SUNDER_CLI_TESTING_PROGRAM_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/unique_fd.h"

namespace sunder::cli {

class Program {
 public:
  enum class Where { kFiles, kTerminal };

  // `environment`: "NAME=value" besides PATH, TZ=UTC and TERM. Its output goes
  // to files under `directory`, or all of it to one terminal.
  Program(const std::string& path, const std::vector<std::string>& arguments,
          const std::string& directory, Where where = Where::kFiles,
          const std::vector<std::string>& environment = {});
  ~Program();  // Kills it if it still runs.
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void Signal(int signal);
  // The exit code; 128 + signal; -1 if it still runs after `timeout`.
  int Wait(absl::Duration timeout = absl::Seconds(20));
  // False where stdout does not contain `text` within `timeout`.
  bool AwaitOut(const std::string& text,
                absl::Duration timeout = absl::Seconds(20));

  std::string Out();  // On a terminal: everything.
  std::string Err();

 private:
  void ReadTerminal();

  const std::string out_path_, err_path_;
  pid_t pid_ = -1;
  bool running_ = false;
  int code_ = -1;
  UniqueFd terminal_;
  std::string shown_;
};

}  // namespace sunder::cli

#endif  // SUNDER_CLI_TESTING_PROGRAM_H_
