#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/commands/commands.h"
#include "cli/commands/fault_feed.h"
#include "cli/core/life.h"
#include "cli/render/fault_text.h"
#include "common/clock.h"
#include "common/event_loop.h"

namespace sunder::cli {
namespace {

constexpr absl::Duration kRetry = absl::Milliseconds(200);
constexpr absl::Duration kPatience = absl::Seconds(10);

// Shows one fault until it is over. One thread: the loop's.
class Watcher {
 public:
  Watcher(const Environment& environment, Client& client,
          std::unique_ptr<EventLoop> loop)
      : environment_(environment),
        loop_(std::move(loop)),
        feed_(*loop_, client,
              {[this](const v1::Fault& fault) { Changed(fault); },
               [this](const std::string&) { Lost(); },
               [this](const std::string&, const absl::Status& status) {
                 End(status);
               }}) {}

  ExitCode Run(const std::string& id) {
    feed_.Follow(id, /*hold=*/false);
    Tick();
    if (absl::Status status = loop_->Run(); !status.ok()) {
      return Fail(environment_, status);
    }
    return outcome_.ok() ? ExitCode::kDone : Fail(environment_, outcome_);
  }

 private:
  void Tick() {
    feed_.Retry();
    loop_->SetTimer(BootNow() + kRetry, [this] { Tick(); });
  }

  void Changed(const v1::Fault& fault) {
    lost_since_.reset();
    // A stream that begins again tells the same once more.
    std::string now = fault.SerializeAsString();
    if (now != last_) Show(fault);
    last_ = std::move(now);
    if (!IsFinal(fault.state())) return;
    End(fault.state() == v1::FAULT_STATE_HEALED
            ? absl::OkStatus()
            : absl::AbortedError(absl::StrCat(
                  "fault ", Title(fault), " ",
                  fault.state() == v1::FAULT_STATE_FAILED ? "failed"
                                                          : "expired",
                  fault.reason().empty() ? "" : ": ", fault.reason())));
  }

  void Show(const v1::Fault& fault) {
    if (environment_.format != Format::kTable) {
      environment_.out << StreamItem(environment_.format, fault);
    } else if (environment_.out_is_terminal) {
      environment_.out << "\033[H\033[2J"
                       << ShowText(fault, environment_.out_style);
    } else {
      environment_.out << ChangeLine(fault, absl::Now(),
                                     environment_.out_style);
    }
    environment_.out << std::flush;
  }

  void Lost() {
    if (!lost_since_) lost_since_ = BootNow();
    if (BootNow() - *lost_since_ < kPatience) return;
    End(absl::UnavailableError("the controller does not answer any more"));
  }

  void End(const absl::Status& outcome) {
    outcome_ = outcome;
    loop_->Stop();
  }

  const Environment& environment_;
  const std::unique_ptr<EventLoop> loop_;
  std::string last_;
  std::optional<BootInstant> lost_since_;
  absl::Status outcome_;
  FaultFeed feed_;  // Last: its streams post to what is above.
};

ExitCode WatchFault(const Environment& environment, const std::string& id) {
  absl::StatusOr<std::unique_ptr<EventLoop>> loop = EventLoop::Create();
  if (!loop.ok()) return Fail(environment, loop.status());
  absl::StatusOr<std::unique_ptr<Client>> client = environment.connect();
  if (!client.ok()) return Fail(environment, client.status());
  // Whether it is there at all is said at once, and in the controller's words.
  controller::v1::GetFaultRequest request;
  request.set_id(id);
  const absl::StatusOr<controller::v1::GetFaultResponse> fault =
      (*client)->GetFault(request, kReadTimeout);
  if (!fault.ok()) return FailRead(environment, fault.status());
  return Watcher(environment, **client, *std::move(loop))
      .Run(fault->fault().id());
}

}  // namespace

void AddWatch(CLI::App& app, Action& chosen) {
  CLI::App* command =
      app.add_subcommand("watch", "One fault as it changes, until it is over");
  auto id = std::make_shared<std::string>();
  command->add_option("fault", *id, "Its id, the beginning of it, or its name")
      ->required();
  command->footer(
      "Redraws on a terminal; elsewhere a line, or with -o json an object, a "
      "change.\n"
      "Examples:\n"
      "  sunder watch 3f2a\n"
      "  sunder watch 3f2a -o json | jq -r .state");
  command->callback([&chosen, id] {
    chosen = [id](const Environment& environment) {
      return WatchFault(environment, *id);
    };
  });
}

}  // namespace sunder::cli
