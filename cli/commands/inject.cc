#include "cli/commands/inject.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/commands/follow.h"
#include "cli/commands/signals.h"
#include "cli/core/life.h"
#include "cli/core/parse.h"
#include "cli/render/error_text.h"
#include "cli/render/plan_text.h"
#include "cli/render/words.h"

namespace sunder::cli {
namespace {

ExitCode DryRun(const Environment& environment, Client& client,
                const v1::FaultSpec& spec, absl::Duration wait) {
  controller::v1::CreateFaultRequest request;
  *request.mutable_spec() = spec;
  request.set_validate_only(true);
  const absl::StatusOr<controller::v1::CreateFaultResponse> response =
      client.CreateFault(request, wait);
  if (!response.ok()) return Fail(environment, response.status());
  Print(environment, {{&*response, {}}},
        [&] { return DryRunText(*response, environment.out_style); });
  for (const controller::v1::HostRuleset& host : response->rulesets()) {
    if (host.error().empty()) continue;
    return Fail(environment,
                absl::FailedPreconditionError(absl::StrCat(
                    host.host(), " would refuse: ", host.error())));
  }
  return ExitCode::kDone;
}

// The request went out and its answer did not come: it may have been obeyed.
ExitCode ReportLeftOpen(const Environment& environment,
                        const v1::FaultSpec& spec, const absl::Status& status) {
  v1::Fault unheard;
  *unheard.mutable_spec() = spec;
  unheard.mutable_created()->mutable_at()->set_seconds(
      absl::ToUnixSeconds(absl::Now()));
  environment.err << FailureText(
      absl::StrCat("the fault may be in force on its hosts until ",
                   Clock(LatestEnd(unheard), environment.err_style), ": ",
                   std::string(status.message())),
      "`sunder faults` shows it when the controller answers again, `sunder "
      "heal --all` heals it; on a host itself: sunder-agent --heal-all",
      environment.err_style);
  return ExitCode::kMayBeInForce;
}

ExitCode Start(const Environment& environment, const v1::FaultSpec& spec,
               const Follower::Options& options) {
  absl::StatusOr<Signals> signals = Signals::Block();
  if (!signals.ok()) return Fail(environment, signals.status());
  absl::StatusOr<std::unique_ptr<EventLoop>> loop = EventLoop::Create();
  if (!loop.ok()) return Fail(environment, loop.status());
  absl::StatusOr<std::unique_ptr<Client>> client = environment.connect();
  if (!client.ok()) return Fail(environment, client.status());
  // Where no controller answers this, nothing was begun: that is certain only
  // of a request that changes nothing.
  if (const auto agents = (*client)->ListAgents({}, kReadTimeout);
      !agents.ok()) {
    return FailRead(environment, agents.status());
  }
  controller::v1::CreateFaultRequest request;
  *request.mutable_spec() = spec;
  const absl::StatusOr<controller::v1::CreateFaultResponse> response =
      (*client)->CreateFault(request, options.wait);
  if (!response.ok()) {
    return LeavesOpen(response.status())
               ? ReportLeftOpen(environment, spec, response.status())
               : Fail(environment, response.status());
  }
  return Follow(environment, **client, *signals, *std::move(loop),
                response->fault(), options);
}

}  // namespace

void AddInjectOptions(CLI::App& command, InjectOptions& options) {
  FaultOptions& fault = options.fault;
  command
      .add_option("--for", fault.duration,
                  "How long it lasts, from its start: 30s, 5m, 1h")
      ->type_name("DURATION")
      ->capture_default_str();
  command.add_option("--name", fault.name, "A name for people")
      ->type_name("TEXT");
  command
      .add_option("--seed", fault.seed,
                  "Repeats what an earlier run picked (default: a new one)")
      ->check(CLI::Range(uint64_t{1}, UINT64_MAX).description(""))
      ->type_name("N");
  command
      .add_option("--protocol", fault.protocol,
                  "Only conversations of this protocol (default: all)")
      ->type_name("tcp|udp|sctp|icmp");
  command
      .add_option("--port", fault.ports,
                  "Only conversations with these server ports, on either side: "
                  "2551,7000-7100")
      ->type_name("PORTS");
  command.add_flag("--dry-run", options.dry_run,
                   "Show what would be done, and do nothing");
  command.add_flag("--hold", fault.hold,
                   "Stay; Ctrl-C, exit or death of this program heals, and "
                   "so does the end of --for");
  command
      .add_option("--on-partial", fault.on_partial,
                  "When a host no longer answers: heal everywhere, or continue "
                  "on the others")
      ->type_name("heal|continue")
      ->capture_default_str();
  command
      .add_option("--wait-timeout", options.wait,
                  "How long to wait for 'in force everywhere'")
      ->type_name("DURATION")
      ->capture_default_str();
  command
      .add_option("--on-timeout", options.on_timeout,
                  "When that time is over: heal what was begun, or leave it")
      ->check(CLI::IsMember({"heal", "leave"}).description(""))
      ->type_name("heal|leave")
      ->capture_default_str();
}

ExitCode Inject(const Environment& environment, const InjectOptions& options,
                const absl::StatusOr<v1::Shape>& shape) {
  if (!shape.ok()) return Fail(environment, shape.status());
  const absl::StatusOr<v1::FaultSpec> spec =
      MakeSpec(options.fault, *shape, environment.owner);
  if (!spec.ok()) return Fail(environment, spec.status());
  const absl::StatusOr<absl::Duration> wait = ParseDuration(options.wait);
  if (!wait.ok()) return Fail(environment, wait.status());
  if (options.dry_run) {
    absl::StatusOr<std::unique_ptr<Client>> client = environment.connect();
    if (!client.ok()) return Fail(environment, client.status());
    return DryRun(environment, **client, *spec, *wait);
  }
  Follower::Options follow;
  follow.hold = options.fault.hold;
  follow.heal_on_timeout = options.on_timeout == "heal";
  follow.wait = *wait;
  return Start(environment, *spec, follow);
}

}  // namespace sunder::cli
