#include "cli/core/kill.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/commands/commands.h"
#include "cli/core/parse.h"
#include "cli/render/error_text.h"
#include "cli/render/kill_text.h"

namespace sunder::cli {
namespace {

struct KillOptions {
  std::string selector;
  uint32_t count = 0;
  uint32_t percent = 0;
  bool all = false;
  bool scale = false;
  bool wipe = false;
  bool force = false;
  uint64_t seed = 0;
  bool dry_run = false;
  std::string wait = "30s";
};

constexpr char kKillExamples[] =
    "Examples:\n"
    "  sunder kill /shop/cart --count 1\n"
    "  sunder kill /shop/cart --percent 50 --seed 42 --dry-run\n"
    "  sunder kill task:shop_cart.5f2c\n"
    "  sunder kill /shop/cart --all --scale";

// How long the controller tries to hand Marathon a kill.
constexpr absl::Duration kHandOver = absl::Seconds(20);

// The request went out and its answer did not come: perhaps tasks are dying.
ExitCode ReportLost(const Environment& environment, const KillOptions& options,
                    const absl::Status& why) {
  environment.err << FailureText(
      absl::StrCat("it is not known whether the controller kills ",
                   options.selector, ": ", std::string(why.message())),
      "`sunder tasks --refresh` shows what is left when the controller "
      "answers; look before you kill again, it may hit others",
      environment.err_style);
  return ExitCode::kTimedOut;
}

ExitCode KillTasks(const Environment& environment, const KillOptions& options) {
  const absl::StatusOr<absl::Duration> wait = ParseDuration(options.wait);
  if (!wait.ok()) return Fail(environment, wait.status());
  controller::v1::KillTasksRequest request;
  request.set_selector(options.selector);
  if (options.count > 0) request.set_count(options.count);
  if (options.percent > 0) request.set_percent(options.percent);
  if (options.all) request.set_all(true);
  request.set_seed(options.seed);
  request.set_scale(options.scale);
  request.set_wipe(options.wipe);
  request.set_force(options.force);
  request.set_validate_only(options.dry_run);
  request.set_owner(environment.owner);
  absl::Duration rest;
  request.mutable_wait()->set_seconds(
      absl::IDivDuration(*wait, absl::Seconds(1), &rest));
  request.mutable_wait()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));

  absl::StatusOr<std::unique_ptr<Client>> client = environment.connect();
  if (!client.ok()) return Fail(environment, client.status());
  // Where no controller answers this, nothing was killed: that is certain only
  // of a request that changes nothing.
  if (const auto agents = (*client)->ListAgents({}, kReadTimeout);
      !agents.ok()) {
    return FailRead(environment, agents.status());
  }
  // The controller waits for the confirmations, and before for Marathon to take
  // the request; Marathon's last answers come on top.
  const absl::StatusOr<controller::v1::KillTasksResponse> response =
      (*client)->KillTasks(request, std::max(*wait, kHandOver) + kReadTimeout);
  if (!response.ok()) {
    const absl::Status& why = response.status();
    if (options.dry_run) return FailRead(environment, why);
    return LeavesOpen(why) ? ReportLost(environment, options, why)
                           : Fail(environment, why);
  }
  Print(environment, {{&*response, {}}}, [&] {
    return KillText(*response, options.dry_run, environment.out_style);
  });
  if (options.dry_run) return ExitCode::kDone;
  const absl::Status status = KillStatus(*response);
  return status.ok() ? ExitCode::kDone : Fail(environment, status);
}

}  // namespace

void AddKill(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand("kill", "Kill tasks through Marathon");
  auto options = std::make_shared<KillOptions>();
  command
      ->add_option("selector", options->selector,
                   "Apps, with an amount; or tasks")
      ->required();
  CLI::Option* count =
      command->add_option("--count", options->count, "So many of the tasks")
          ->check(CLI::Range(uint32_t{1}, UINT32_MAX).description(""))
          ->type_name("N");
  CLI::Option* percent = command
                             ->add_option("--percent", options->percent,
                                          "So many of each hundred, rounded up")
                             ->check(CLI::Range(1, 100).description(""))
                             ->type_name("P")
                             ->excludes(count);
  command->add_flag("--all", options->all, "All of them")
      ->excludes(count)
      ->excludes(percent);
  CLI::Option* scale = command->add_flag(
      "--scale", options->scale, "Scale the app down, so that none comes back");
  command
      ->add_flag("--wipe", options->wipe, "Drop their persistent volumes too")
      ->excludes(scale);
  command->add_flag("--force", options->force, "Over a running deployment");
  command
      ->add_option("--seed", options->seed,
                   "Repeats what an earlier run picked (default: a new one)")
      ->check(CLI::Range(uint64_t{1}, UINT64_MAX).description(""))
      ->type_name("N");
  command->add_flag("--dry-run", options->dry_run,
                    "Show whom it would hit, and do nothing");
  command
      ->add_option("--wait-timeout", options->wait,
                   "How long to wait for the confirmation that they are gone")
      ->type_name("DURATION")
      ->capture_default_str();
  command->footer(kKillExamples);
  command->callback([&chosen, options] {
    chosen = [options](const Environment& environment) {
      return KillTasks(environment, *options);
    };
  });
}

}  // namespace sunder::cli
