// What a person sets for the controller: options, or the same keys in the file
// of
// --config; options win.

#ifndef SUNDER_CONTROLLER_API_SETTINGS_H_
#define SUNDER_CONTROLLER_API_SETTINGS_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "common/tls.h"
#include "controller/planner/deployment.h"

namespace sunder::controller {

struct Settings {
  std::string listen = "unix:/run/sunder/controller.sock";
  std::string inventory;
  std::vector<std::string> marathon;
  std::string marathon_credentials;
  std::string state_dir = "/var/lib/sunder/controller";
  std::string log_level = "info";
  TlsFiles tls;  // Towards the agents.
  std::string tls_client_authority;
  uint32_t ssh_port = 22;
  std::vector<std::string> protect;

  Deployment deployment;  // Of the above; the addresses come with each plan.
};

// Towards the clients: an agent's certificate lets nobody in where clients have
// an authority of their own.
TlsFiles ServerTls(const Settings& settings);

struct ExitCode {
  int value = 0;
};

// After --help, --version or an error, which it prints: the exit code.
std::variant<Settings, ExitCode> ParseSettings(int argc,
                                               const char* const* argv);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_API_SETTINGS_H_
