// What the command line and the configuration file say.

#ifndef SUNDER_AGENT_SERVICE_OPTIONS_H_
#define SUNDER_AGENT_SERVICE_OPTIONS_H_

#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "common/tls.h"

namespace sunder::agent {

enum class Command { kServe, kHealAll, kReleaseLatch };

struct Options {
  Command command = Command::kServe;
  std::string listen = "unix:/run/sunder/agent.sock";
  std::string name;  // Empty: the host's.
  std::string state_dir = "/var/lib/sunder/agent";
  std::string log_level = "info";
  TlsFiles tls;
};

// The program is to end; what it had to say has been printed.
struct Exit {
  int code = 0;
};

// `arguments` without the program's name. Prints help, version and errors of
// usage itself.
std::variant<Options, Exit> ParseOptions(
    const std::vector<std::string>& arguments);

// The settings of a YAML file as arguments ("--name=n1"): the same keys as the
// options, flat. INVALID_ARGUMENT names the file, line and key.
absl::StatusOr<std::vector<std::string>> ReadConfig(const std::string& path);

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_SERVICE_OPTIONS_H_
