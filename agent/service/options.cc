#include "agent/service/options.h"

#include <algorithm>
#include <array>
#include <iostream>
#include <string>
#include <variant>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "yaml-cpp/yaml.h"

namespace sunder::agent {
namespace {

constexpr int kUsage = 2;

constexpr std::array<const char*, 7> kConfigKeys = {
    "listen",        "log-level",       "name",   "state-dir",
    "tls-authority", "tls-certificate", "tls-key"};

constexpr char kFooter[] = R"(
Examples:
  sunder-agent --name n1
  sunder-agent --listen 10.9.0.1:7401 --tls-certificate n1.pem \
      --tls-key n1.key --tls-authority control-ca.pem
  sunder-agent --heal-all          the operator's last resort: needs no daemon

A --config file holds the same settings, one a line ("name: n1"); the command
line goes first. Exit codes: 0 done, 1 failed, 2 usage.)";

absl::Status BadConfig(const std::string& path, const YAML::Mark& mark,
                       absl::string_view message) {
  return absl::InvalidArgumentError(
      absl::StrCat(path, ":", mark.line + 1, ": ", message));
}

void Declare(CLI::App& app, Options& options, std::string& config) {
  const auto text = [&](const char* name, std::string& value,
                        const char* help) {
    return app.add_option(name, value, help)->take_last();
  };
  app.set_version_flag("--version",
                       std::string("sunder-agent " SUNDER_VERSION));
  text("--listen", options.listen,
       "gRPC target to serve: unix:/path, or host:port (wants TLS)")
      ->capture_default_str();
  text("--name", options.name, "this host's name (default: the hostname)");
  text("--state-dir", options.state_dir,
       "directory for the record and the stop latch")
      ->capture_default_str();
  text("--config", config, "YAML file with these settings")
      ->check(CLI::ExistingFile);
  text("--log-level", options.log_level, "debug, info, warn or error")
      ->capture_default_str();
  text("--tls-certificate", options.tls.certificate,
       "PEM file with this agent's certificate");
  text("--tls-key", options.tls.key, "PEM file with its key");
  text("--tls-authority", options.tls.authority,
       "PEM file with who signed the controllers that are let in");
  auto* heal = app.add_flag_callback(
      "--heal-all", [&] { options.command = Command::kHealAll; },
      "set the stop latch, remove every fault from this network namespace, "
      "read back, and end");
  app.add_flag_callback(
         "--release-latch", [&] { options.command = Command::kReleaseLatch; },
         "remove the stop latch, so that faults are taken again, and end")
      ->excludes(heal);
  app.footer(kFooter);
}

// Exit, or the --config file's name.
std::variant<std::string, Exit> Parse(std::vector<std::string> arguments,
                                      Options& options) {
  CLI::App app("Imposes faults on this host as the controller says, and heals.",
               "sunder-agent");
  std::string config;
  Declare(app, options, config);
  // CLI11 takes its arguments from the back.
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    return Exit{app.exit(error) == 0 ? 0 : kUsage};
  }
  return config;
}

}  // namespace

std::variant<Options, Exit> ParseOptions(
    const std::vector<std::string>& arguments) {
  Options options;
  const auto first = Parse(arguments, options);
  if (const auto* exit = std::get_if<Exit>(&first)) return *exit;
  const std::string& config = std::get<std::string>(first);
  if (config.empty()) return options;

  absl::StatusOr<std::vector<std::string>> all = ReadConfig(config);
  if (!all.ok()) {
    std::cerr << "sunder-agent: " << std::string(all.status().message())
              << "\n";
    return Exit{kUsage};
  }
  // The last one counts.
  all->insert(all->end(), arguments.begin(), arguments.end());
  options = Options();
  const auto second = Parse(*all, options);
  if (const auto* exit = std::get_if<Exit>(&second)) return *exit;
  return options;
}

absl::StatusOr<std::vector<std::string>> ReadConfig(const std::string& path) {
  // yaml-cpp throws; nothing of it leaves this function.
  try {
    const YAML::Node root = YAML::LoadFile(path);
    if (root.IsNull()) return std::vector<std::string>();
    if (!root.IsMap()) {
      return BadConfig(path, root.Mark(), "expected `key: value` lines");
    }
    std::vector<std::string> arguments;
    for (const auto& entry : root) {
      const auto key = entry.first.as<std::string>();
      if (std::find(kConfigKeys.begin(), kConfigKeys.end(), key) ==
          kConfigKeys.end()) {
        return BadConfig(path, entry.first.Mark(),
                         absl::StrCat("unknown key \"", key, "\"; known are ",
                                      absl::StrJoin(kConfigKeys, ", ")));
      }
      if (!entry.second.IsScalar()) {
        return BadConfig(path, entry.second.Mark(),
                         absl::StrCat("\"", key, "\" must be one value"));
      }
      arguments.push_back(absl::StrCat("--", key, "=", entry.second.Scalar()));
    }
    return arguments;
  } catch (const YAML::ParserException& error) {
    return BadConfig(path, error.mark, error.msg);
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", error.what()));
  }
}

}  // namespace sunder::agent
