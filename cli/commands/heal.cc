#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/commands/commands.h"
#include "cli/commands/fault_feed.h"
#include "cli/commands/progress.h"
#include "cli/core/life.h"
#include "cli/core/parse.h"
#include "cli/render/error_text.h"
#include "cli/render/fault_text.h"
#include "cli/render/words.h"
#include "common/clock.h"
#include "common/error_detail.h"
#include "common/event_loop.h"

namespace sunder::cli {
namespace {

constexpr absl::Duration kHealTick = absl::Milliseconds(100);
// Looking must not keep from healing.
constexpr absl::Duration kLookTimeout = absl::Seconds(2);

struct HealOptions {
  std::vector<std::string> faults;
  bool all = false;
  bool everyones = false;
  bool dry_run = false;
  std::string wait = "30s";
};

// Waits until faults that are being healed are gone. One thread: the loop's.
class Healing {
 public:
  Healing(const Environment& environment, Client& client,
          std::unique_ptr<EventLoop> loop, BootInstant deadline)
      : deadline_(deadline),
        loop_(std::move(loop)),
        progress_(environment, BootNow()),
        feed_(*loop_, client,
              {[this](const v1::Fault& fault) { Changed(fault); },
               [](const std::string&) {},
               [this](const std::string& id, const absl::Status&) {
                 Settle(id);
               }}) {}

  // Replaces each of `faults` by what became of it.
  absl::Status Wait(controller::v1::HealFaultsResponse& response) {
    for (v1::Fault& fault : *response.mutable_faults()) {
      if (IsFinal(fault.state())) continue;
      open_[fault.id()] = &fault;
      feed_.Follow(fault.id(), /*hold=*/false);
    }
    Tick();
    return loop_->Run();
  }

 private:
  void Tick() {
    if (open_.empty() || BootNow() >= deadline_) {
      loop_->Stop();
      return;
    }
    feed_.Retry();
    progress_.Show(ProgressLine(*open_.begin()->second), BootNow());
    loop_->SetTimer(BootNow() + kHealTick, [this] { Tick(); });
  }

  void Changed(const v1::Fault& fault) {
    const auto found = open_.find(fault.id());
    if (found == open_.end()) return;
    *found->second = fault;
    if (IsFinal(fault.state())) Settle(fault.id());
  }

  void Settle(const std::string& id) {
    open_.erase(id);
    feed_.Forget(id);
    if (open_.empty()) loop_->Stop();
  }

  const BootInstant deadline_;
  const std::unique_ptr<EventLoop> loop_;
  Progress progress_;
  std::map<std::string, v1::Fault*> open_;  // Not gone yet.
  FaultFeed feed_;  // Last: its streams post to what is above.
};

std::string Text(const controller::v1::HealFaultsResponse& response,
                 bool dry_run, const Style& style) {
  if (response.faults().empty()) return "Nothing to heal.\n";
  std::string text = dry_run ? "Dry run: nothing is healed.\n" : "";
  for (const v1::Fault& fault : response.faults()) {
    absl::StrAppend(&text, dry_run
                               ? absl::StrCat("Fault ", Title(fault), " is ",
                                              Word(fault.state()), ".\n")
                               : HealedText(fault, style));
  }
  return text;
}

// Says what may be left of `response`, if anything.
ExitCode Report(const Environment& environment,
                const controller::v1::HealFaultsResponse& response) {
  std::vector<std::string> left;
  for (const v1::Fault& fault : response.faults()) {
    if (IsFinal(fault.state())) continue;
    left.push_back(absl::StrCat("fault ", Title(fault), " on ",
                                RemnantsText(fault, environment.err_style)));
  }
  if (left.empty()) return ExitCode::kDone;
  environment.err << FailureText(
      absl::StrCat("not gone everywhere yet, may be in force: ",
                   absl::StrJoin(left, "; ")),
      "It ends by itself then; on a host itself: sunder-agent --heal-all",
      environment.err_style);
  return ExitCode::kMayBeInForce;
}

// Says which of the faults that were named are not healed. The worst of it.
ExitCode ReportNotHealed(const Environment& environment,
                         const controller::v1::HealFaultsResponse& response) {
  ExitCode worst = ExitCode::kDone;
  for (const v1::StatusDetails& why : response.not_healed()) {
    worst = std::max(worst, Fail(environment, FromStatusDetails(why)));
  }
  return worst;
}

bool IsMeant(const v1::Fault& fault, const HealOptions& options,
             const std::string& owner) {
  if (options.everyones) return true;
  if (options.all) return fault.spec().owner() == owner;
  return std::any_of(options.faults.begin(), options.faults.end(),
                     [&fault](const std::string& text) {
                       return absl::StartsWith(fault.id(), text) ||
                              fault.spec().name() == text;
                     });
}

// The request went out and its answer did not come: perhaps nothing is healed.
// `before`: what there was then, as far as the controller said it.
ExitCode ReportLost(
    const Environment& environment, const HealOptions& options,
    const absl::StatusOr<controller::v1::ListFaultsResponse>& before,
    const absl::Status& why) {
  std::string what = "what was to be healed, until it ends by itself";
  if (before.ok()) {
    std::vector<std::string> left;
    for (const v1::Fault& fault : before->faults()) {
      if (!IsMeant(fault, options, environment.owner)) continue;
      left.push_back(absl::StrCat("fault ", Title(fault), " on ",
                                  RemnantsText(fault, environment.err_style)));
    }
    if (!left.empty()) what = absl::StrJoin(left, "; ");
  }
  environment.err << FailureText(
      absl::StrCat("it is not known whether the controller heals; may still be "
                   "in force: ",
                   what, ": ", std::string(why.message())),
      "`sunder heal` again, or `sunder faults`, when the controller answers; "
      "on a host itself: sunder-agent --heal-all",
      environment.err_style);
  return ExitCode::kMayBeInForce;
}

ExitCode HealFaults(const Environment& environment,
                    const HealOptions& options) {
  if (options.faults.empty() && !options.all && !options.everyones) {
    return Fail(environment, absl::InvalidArgumentError(
                                 "heal wants faults, --all (yours) or "
                                 "--everyones"));
  }
  const absl::StatusOr<absl::Duration> wait = ParseDuration(options.wait);
  if (!wait.ok()) return Fail(environment, wait.status());
  controller::v1::HealFaultsRequest request;
  request.mutable_ids()->Assign(options.faults.begin(), options.faults.end());
  if (options.all) request.set_all_of_owner(environment.owner);
  request.set_everyones(options.everyones);
  request.set_validate_only(options.dry_run);

  absl::StatusOr<std::unique_ptr<EventLoop>> loop = EventLoop::Create();
  if (!loop.ok()) return Fail(environment, loop.status());
  absl::StatusOr<std::unique_ptr<Client>> client = environment.connect();
  if (!client.ok()) return Fail(environment, client.status());
  absl::StatusOr<controller::v1::ListFaultsResponse> before;
  if (!options.dry_run) before = (*client)->ListFaults({}, kLookTimeout);
  const BootInstant deadline = BootNow() + *wait;
  absl::StatusOr<controller::v1::HealFaultsResponse> response =
      (*client)->HealFaults(request, *wait);
  if (!response.ok()) {
    const absl::Status& why = response.status();
    if (options.dry_run) return FailRead(environment, why);
    // Where no controller answered before either, there was none to ask.
    const bool nobody =
        absl::IsUnavailable(before.status()) && absl::IsUnavailable(why);
    return LeavesOpen(why) && !nobody
               ? ReportLost(environment, options, before, why)
               : Fail(environment, why);
  }
  absl::Status waited;
  if (!options.dry_run) {
    waited = Healing(environment, **client, *std::move(loop), deadline)
                 .Wait(*response);
  }
  Print(environment, {{&*response, {}}}, [&] {
    return Text(*response, options.dry_run, environment.out_style);
  });
  if (!waited.ok()) Fail(environment, waited);
  const ExitCode not_healed = ReportNotHealed(environment, *response);
  if (options.dry_run) return not_healed;
  return std::max(not_healed, Report(environment, *response));
}

}  // namespace

void AddHeal(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "heal", "Heal faults, and wait until nothing of them is left");
  auto options = std::make_shared<HealOptions>();
  CLI::Option* faults = command->add_option("fault", options->faults,
                                            "Ids, beginnings of ids, or names");
  CLI::Option* all =
      command->add_flag("--all", options->all, "All of yours (see --owner)")
          ->excludes(faults);
  command->add_flag("--everyones", options->everyones, "All that there are")
      ->excludes(faults)
      ->excludes(all);
  command->add_flag("--dry-run", options->dry_run,
                    "Show which it would heal, and do nothing");
  command
      ->add_option("--wait-timeout", options->wait,
                   "How long to wait for 'gone everywhere'")
      ->type_name("DURATION")
      ->capture_default_str();
  command->footer(
      "Examples:\n"
      "  sunder heal 3f2a 77c1\n"
      "  sunder heal --all");
  command->callback([&chosen, options] {
    chosen = [options](const Environment& environment) {
      return HealFaults(environment, *options);
    };
  });
}

}  // namespace sunder::cli
