#include "cli/commands/follow.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/commands/fault_feed.h"
#include "cli/commands/progress.h"
#include "cli/render/error_text.h"
#include "cli/render/fault_text.h"
#include "cli/render/words.h"
#include "common/clock.h"

namespace sunder::cli {
namespace {

constexpr absl::Duration kFollowTick = absl::Milliseconds(100);

class Session {
 public:
  Session(const Environment& environment, Client& client, Signals& signals,
          std::unique_ptr<EventLoop> loop, const v1::Fault& fault,
          const Follower::Options& options)
      : environment_(environment),
        client_(client),
        signals_(signals),
        hold_(options.hold),
        loop_(std::move(loop)),
        progress_(environment, BootNow()),
        follower_(options, fault, BootNow()),
        feed_(*loop_, client,
              {[this](const v1::Fault& now) {
                 follower_.Updated(now, BootNow());
                 Step();
               },
               [this](const std::string&) {
                 follower_.StreamLost(BootNow());
                 Step();
               },
               [this](const std::string&, const absl::Status& status) {
                 follower_.StreamRefused(status);
                 Step();
               }}) {}

  ExitCode Run() {
    absl::Status status = loop_->Watch(signals_.fd(), [this] {
      while (signals_.Take()) follower_.Interrupted(BootNow());
      Step();
    });
    if (status.ok()) {
      feed_.Follow(follower_.fault().id(), hold_);
      Tick();
      status = loop_->Run();
    }
    progress_.Clear();
    if (!status.ok()) {
      // Deaf to its fate, this program must not leave the fault to itself.
      Heal();
      return Report({ExitCode::kMayBeInForce, std::string(status.message())});
    }
    return Report(*follower_.outcome());
  }

 private:
  void Tick() {
    follower_.Tick(BootNow());
    feed_.Retry();
    Step();
    loop_->SetTimer(BootNow() + kFollowTick, [this] { Tick(); });
  }

  // After every event: does what the follower wants by now.
  void Step() {
    if (follower_.holding() && !announced_) {
      progress_.Clear();
      Announce();
    }
    if (follower_.wants_heal()) Heal();
    if (follower_.outcome()) {
      loop_->Stop();
    } else if (!follower_.holding()) {
      progress_.Show(ProgressLine(follower_.fault()), BootNow());
    }
  }

  void Announce() {
    announced_ = true;
    environment_.out
        << (environment_.format == Format::kTable
                ? InForceText(follower_.fault(), environment_.out_style)
                : StreamItem(environment_.format, follower_.fault()))
        << std::flush;
  }

  void Heal() {
    controller::v1::HealFaultsRequest request;
    request.add_ids(follower_.fault().id());
    // Refused or unreachable: the next tick tries again, up to the deadline.
    if (client_.HealFaults(request, absl::Seconds(2)).ok()) {
      follower_.HealAccepted();
    }
  }

  void PrintFault(const std::string& text) {
    const v1::Fault& fault = follower_.fault();
    if (hold_ && environment_.format != Format::kTable) {
      environment_.out << StreamItem(environment_.format, fault) << std::flush;
    } else {
      Print(environment_, {{&fault, {}}}, [&] { return text; });
    }
  }

  ExitCode Report(const Follower::Outcome& outcome) {
    const v1::Fault& fault = follower_.fault();
    if (outcome.code == ExitCode::kDone) {
      PrintFault(hold_ ? HealedText(fault, environment_.out_style)
                       : InForceText(fault, environment_.out_style));
      return outcome.code;
    }
    PrintFault("");
    const std::string why =
        outcome.why.empty() ? "" : absl::StrCat(": ", outcome.why);
    const std::string id = ShortId(fault.id());
    if (outcome.code == ExitCode::kMayBeInForce) {
      environment_.err << FailureText(
          absl::StrCat("fault ", Title(fault), " may be in force on ",
                       RemnantsText(fault, environment_.err_style), why),
          absl::StrCat("`sunder show ", id,
                       "` tells what is known, `sunder heal ", id,
                       "` heals; on a host itself: sunder-agent --heal-all"),
          environment_.err_style);
    } else {
      environment_.err << FailureText(
          absl::StrCat("fault ", Title(fault),
                       " failed, and nothing of it is "
                       "in force",
                       why),
          absl::StrCat("`sunder show ", id, "` tells each host's part."),
          environment_.err_style);
    }
    environment_.err << std::flush;
    return outcome.code;
  }

  const Environment& environment_;
  Client& client_;
  Signals& signals_;
  const bool hold_;
  const std::unique_ptr<EventLoop> loop_;
  Progress progress_;
  Follower follower_;
  FaultFeed feed_;  // Last: its streams post to what is above.
  bool announced_ = false;
};

}  // namespace

ExitCode Follow(const Environment& environment, Client& client,
                Signals& signals, std::unique_ptr<EventLoop> loop,
                const v1::Fault& fault, const Follower::Options& options) {
  return Session(environment, client, signals, std::move(loop), fault, options)
      .Run();
}

}  // namespace sunder::cli
