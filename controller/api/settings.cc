#include "controller/api/settings.h"

#include <iostream>
#include <memory>

#include "CLI/CLI.hpp"
#include "controller/api/deployment_facts.h"
#include "controller/api/yaml_config.h"

namespace sunder::controller {
namespace {

constexpr int kUsage = 2;

constexpr char kFooter[] = R"(
Examples:
  sunder-controller --inventory hosts.yaml
  sunder-controller --inventory hosts.yaml --marathon http://m1:8080 \
      --marathon-credentials /etc/sunder/marathon --protect udp/53
  sunder-controller --config /etc/sunder/controller.yaml

The command line goes before the --config file. Exit codes: 0 stopped by SIGTERM
or SIGINT, 1 failed, 2 usage.)";

void AddOptions(CLI::App& app, Settings& settings) {
  app.add_option("--listen", settings.listen,
                 "Where the command line reaches this controller: unix:PATH, "
                 "or HOST:PORT with TLS")
      ->capture_default_str();
  app.add_option("--inventory", settings.inventory,
                 "YAML file with the hosts, their agents, and tasks")
      ->type_name("FILE");
  app.add_option(
         "--marathon", settings.marathon,
         "Base URL of Marathon; several: of the same one, tried in turn")
      ->type_name("URL");
  app.add_option("--marathon-credentials", settings.marathon_credentials,
                 "File with one line: user:password or token=...")
      ->type_name("FILE");
  app.add_option("--state-dir", settings.state_dir,
                 "Directory for what must survive a restart")
      ->capture_default_str();
  app.add_option("--log-level", settings.log_level,
                 "debug, info, warn or error")
      ->capture_default_str();
  app.add_option("--tls-certificate", settings.tls.certificate,
                 "PEM file: who this controller is")
      ->type_name("FILE");
  app.add_option("--tls-key", settings.tls.key, "PEM file: its private key")
      ->type_name("FILE");
  app.add_option("--tls-authority", settings.tls.authority,
                 "PEM file: who signed the agents that are trusted")
      ->type_name("FILE");
  app.add_option("--tls-client-authority", settings.tls_client_authority,
                 "PEM file: who signed the clients that are let in; without "
                 "it, that of --tls-authority, so agents are let in too")
      ->type_name("FILE");
  app.add_option("--ssh-port", settings.ssh_port,
                 "TCP port of ssh that no fault cuts on any host, besides 22, "
                 "which none ever cuts; 0: no other")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  app.add_option("--protect", settings.protect,
                 "Also cut by no fault, on any host: PROTOCOL/PORT[@PEER]")
      ->type_name("WHAT");
}

absl::Status Complete(Settings& settings) {
  Deployment& deployment = settings.deployment;
  deployment.listen = settings.listen;
  deployment.ssh_port = settings.ssh_port;
  for (const std::string& url : settings.marathon) {
    auto service = MarathonService(url);
    if (!service.ok()) return service.status();
    deployment.services.push_back(*std::move(service));
  }
  for (const std::string& text : settings.protect) {
    auto tuple = ParseProtected(text);
    if (!tuple.ok()) return tuple.status();
    deployment.operator_list.push_back(*std::move(tuple));
  }
  return absl::OkStatus();
}

}  // namespace

TlsFiles ServerTls(const Settings& settings) {
  TlsFiles tls = settings.tls;
  if (!settings.tls_client_authority.empty()) {
    tls.authority = settings.tls_client_authority;
  }
  return tls;
}

std::variant<Settings, ExitCode> ParseSettings(int argc,
                                               const char* const* argv) {
  Settings settings;
  CLI::App app("Knows the topology, plans faults, and drives all agents as one",
               "sunder-controller");
  app.set_version_flag("--version", "sunder-controller " SUNDER_VERSION);
  app.footer(kFooter);
  AddOptions(app, settings);
  app.set_config("--config")
      ->type_name("FILE")
      ->description("YAML file with the names of these options as keys");
  app.config_formatter(std::make_shared<YamlConfig>());
  app.allow_config_extras(CLI::config_extras_mode::capture);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return ExitCode{app.exit(error) == 0 ? 0 : kUsage};
  }
  if (absl::Status s = Complete(settings); !s.ok()) {
    std::cerr << "sunder-controller: " << s.message() << "\n";
    return ExitCode{kUsage};
  }
  return settings;
}

}  // namespace sunder::controller
