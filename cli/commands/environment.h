// What a command works with: where its output goes and how it looks, who runs
// it, and how it reaches the controller. One per process, one thread.

#ifndef SUNDER_CLI_COMMANDS_ENVIRONMENT_H_
#define SUNDER_CLI_COMMANDS_ENVIRONMENT_H_

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/client/client.h"
#include "cli/core/exit_code.h"
#include "cli/render/machine.h"
#include "cli/render/style.h"

namespace sunder::cli {

struct Environment {
  Format format = Format::kTable;
  std::string owner;  // Of faults and kills.
  std::function<absl::StatusOr<std::unique_ptr<Client>>()> connect;

  std::ostream& out;  // Results, and nothing else.
  Style out_style;
  bool out_is_terminal = false;
  std::ostream& err;
  Style err_style;
  bool err_is_terminal = false;
};

// The result: `parts` for programs, what `text` returns for people.
void Print(const Environment& environment, const std::vector<Part>& parts,
           const std::function<std::string()>& text);

// Says what failed and what to do next.
ExitCode Fail(const Environment& environment, const absl::Status& status);
// The same, of a request that only reads.
ExitCode FailRead(const Environment& environment, const absl::Status& status);

// How long a request may take that only reads; and one that has the controller
// read its sources again first, which it gives up after 20 s.
inline constexpr absl::Duration kReadTimeout = absl::Seconds(10);
inline constexpr absl::Duration kRefreshTimeout = absl::Seconds(30);

}  // namespace sunder::cli

#endif  // SUNDER_CLI_COMMANDS_ENVIRONMENT_H_
