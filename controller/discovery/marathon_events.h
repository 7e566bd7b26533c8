// Keeps Marathon's event stream open in a thread of its own, and connects again
// with growing pauses when it breaks. Events are hints: order, completeness and
// delivery are not promised, so whoever listens reads Marathon's lists again.

#ifndef SUNDER_CONTROLLER_DISCOVERY_MARATHON_EVENTS_H_
#define SUNDER_CONTROLLER_DISCOVERY_MARATHON_EVENTS_H_

#include <functional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "controller/discovery/marathon_client.h"

namespace sunder::controller {

class MarathonEvents {
 public:
  struct Options {
    absl::Duration first_pause = absl::Milliseconds(500);
    absl::Duration longest_pause = absl::Seconds(30);
  };
  // Called in the thread of the stream.
  struct Callbacks {
    std::function<void()> on_open;  // What came before is lost: look again.
    std::function<void(const TaskEvent&)> on_event;
  };

  // Starts at once. `client` outlives this.
  MarathonEvents(MarathonClient& client, const Options& options,
                 Callbacks callbacks);
  MarathonEvents(const MarathonEvents&) = delete;
  MarathonEvents& operator=(const MarathonEvents&) = delete;
  ~MarathonEvents() = default;  // Stops the stream and waits for its thread.

  // OK while the stream is open; else why it is not.
  absl::Status status() const;

 private:
  void Run(const std::stop_token& stop);
  void SetStatus(const absl::Status& status);

  MarathonClient& client_;
  const Options options_;
  const Callbacks callbacks_;
  mutable absl::Mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  std::jthread thread_;  // Last: it uses the rest.
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_DISCOVERY_MARATHON_EVENTS_H_
