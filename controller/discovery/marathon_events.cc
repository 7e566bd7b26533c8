#include "controller/discovery/marathon_events.h"

#include <algorithm>
#include <utility>

#include "common/log.h"
#include "controller/discovery/stoppable_wait.h"

namespace sunder::controller {

MarathonEvents::MarathonEvents(MarathonClient& client, const Options& options,
                               Callbacks callbacks)
    : client_(client),
      options_(options),
      callbacks_(std::move(callbacks)),
      status_(absl::UnavailableError("not connected yet")),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

absl::Status MarathonEvents::status() const {
  absl::MutexLock lock(&mutex_);
  return status_;
}

void MarathonEvents::SetStatus(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  status_ = status;
}

void MarathonEvents::Run(const std::stop_token& stop) {
  absl::Duration pause = options_.first_pause;
  while (!stop.stop_requested()) {
    const auto on_open = [&] {
      pause = options_.first_pause;
      SetStatus(absl::OkStatus());
      spdlog::info("marathon's event stream is open");
      callbacks_.on_open();
    };
    const absl::Status ended =
        client_.ReadEvents(stop, on_open, [this](const SseEvent& event) {
          callbacks_.on_event(ParseEvent(
              event.type == "message" ? "" : event.type, event.data));
        });
    if (stop.stop_requested()) return;
    SetStatus(ended);
    spdlog::warn("marathon's event stream broke error=\"{}\" pause={}",
                 ended.ToString(), absl::FormatDuration(pause));
    WaitOrStop(stop, pause);
    pause = std::min(2 * pause, options_.longest_pause);
  }
}

}  // namespace sunder::controller
