// sunder: declares faults, shows them, heals them.

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include <iostream>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "cli/client/grpc_client.h"
#include "cli/commands/commands.h"
#include "common/libraries.h"

namespace sunder::cli {
namespace {

struct Settings {
  std::string controller = "unix:/run/sunder/controller.sock";
  std::string owner;
  TlsFiles tls;
  std::string format = "table";
};

Format FormatOf(const std::string& name) {
  if (name == "json") return Format::kJson;
  return name == "yaml" ? Format::kYaml : Format::kTable;
}

// user@host: two people, or a person and a suite, do not heal each other's.
std::string DefaultOwner() {
  const passwd* user = getpwuid(geteuid());
  char host[256] = "";
  if (gethostname(host, sizeof(host) - 1) != 0) host[0] = '\0';
  return absl::StrCat(
      user != nullptr ? user->pw_name : absl::StrCat(geteuid()).c_str(), "@",
      host);
}

bool IsTerminal(int fd) { return isatty(fd) == 1; }

bool WantsColour(int fd) {
  const char* no_colour = getenv("NO_COLOR");
  const char* term = getenv("TERM");
  return IsTerminal(fd) && (no_colour == nullptr || *no_colour == '\0') &&
         (term == nullptr || std::string(term) != "dumb");
}

void AddSettings(CLI::App& app, Settings& settings) {
  app.add_option("--controller", settings.controller,
                 "Where the controller listens: unix:PATH, or HOST:PORT with "
                 "TLS")
      ->envname("SUNDER_CONTROLLER")
      ->type_name("TARGET")
      ->capture_default_str();
  app.add_option("-o,--output", settings.format, "Form of the result")
      ->check(CLI::IsMember({"table", "json", "yaml"}).description(""))
      ->type_name("table|json|yaml")
      ->capture_default_str();
  app.add_option("--owner", settings.owner, "Whose faults: `heal --all`'s all")
      ->envname("SUNDER_OWNER")
      ->type_name("NAME")
      ->capture_default_str();
  app.add_option("--tls-certificate", settings.tls.certificate,
                 "This client's certificate (PEM)")
      ->envname("SUNDER_TLS_CERTIFICATE")
      ->type_name("FILE");
  app.add_option("--tls-key", settings.tls.key, "Its private key (PEM)")
      ->envname("SUNDER_TLS_KEY")
      ->type_name("FILE");
  app.add_option("--tls-authority", settings.tls.authority,
                 "Who signed the controller's certificate (PEM)")
      ->envname("SUNDER_TLS_AUTHORITY")
      ->type_name("FILE");
}

constexpr char kFooter[] =
    "Selectors: host:n1, app:/shop/cart, task:ID, rack=r1, cidr:10.0.0.0/8,\n"
    "joined by commas; the prefix may be left off where the text is "
    "unambiguous.\n\n"
    "Exit codes: 0 done; 1 failed, nothing in force; 2 usage; 3 not found;\n"
    "4 controller unreachable; 5 timed out, nothing in force; 8 may be in "
    "force "
    "(where,\n"
    "and until when, is printed).\n\n"
    "Examples:\n"
    "  sunder topology\n"
    "  sunder partition /shop/cart --shape halves --for 30s\n"
    "  sunder cut n1 n2 --one-way --port 6379 --dry-run\n"
    "  sunder heal --all";

int Main(int argc, char** argv) {
  InitLibraries();
  Settings settings;
  settings.owner = DefaultOwner();
  Action chosen;
  CLI::App app("Sunder cuts networks apart, and always heals them.", "sunder");
  app.set_version_flag("--version", "sunder " SUNDER_VERSION);
  app.require_subcommand(1);
  app.fallthrough();  // Options of the program may follow the command.
  AddSettings(app, settings);
  for (const auto add :
       {AddHosts, AddApps, AddTasks, AddTopology, AddPartition, AddCut, AddKill,
        AddFaults, AddShow, AddWatch, AddHeal}) {
    add(app, chosen);
  }
  app.footer(kFooter);

  Environment environment{.format = Format::kTable,
                          .owner = "",
                          .connect = {},
                          .out = std::cout,
                          .out_style = {WantsColour(1), absl::LocalTimeZone()},
                          .out_is_terminal = IsTerminal(1),
                          .err = std::cerr,
                          .err_style = {WantsColour(2), absl::LocalTimeZone()},
                          .err_is_terminal = IsTerminal(2)};
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    return static_cast<int>(
        Fail(environment, absl::InvalidArgumentError(error.what())));
  }
  environment.format = FormatOf(settings.format);
  environment.owner = settings.owner;
  environment.connect = [&settings] {
    return MakeGrpcClient(settings.controller, settings.tls);
  };
  return static_cast<int>(chosen(environment));
}

}  // namespace
}  // namespace sunder::cli

int main(int argc, char** argv) { return sunder::cli::Main(argc, argv); }
