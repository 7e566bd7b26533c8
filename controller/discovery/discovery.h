// What is there, kept up to date: one topology merged from the inventory file
// and from Marathon. Owns a thread that reads both again every poll interval,
// on Refresh, and when Marathon's event stream says that something happened. A
// source that fails keeps its last good content and says so in
// Topology.sources; nothing is forgotten. Thread-safe.

#ifndef SUNDER_CONTROLLER_DISCOVERY_DISCOVERY_H_
#define SUNDER_CONTROLLER_DISCOVERY_DISCOVERY_H_

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "controller/discovery/credentials.h"
#include "controller/discovery/http_client.h"
#include "controller/discovery/listeners.h"
#include "controller/discovery/marathon_client.h"
#include "controller/discovery/marathon_events.h"
#include "controller/discovery/sources.h"
#include "sunder/v1/topology.pb.h"

namespace sunder::controller {

struct DiscoveryOptions {
  std::string inventory_path;              // Empty: no inventory.
  std::vector<std::string> marathon_urls;  // Base URLs of ONE Marathon, tried
                                           // in turn; none: no Marathon.
  Credentials credentials;
  absl::Duration poll_interval = absl::Seconds(15);
  absl::Duration request_timeout = absl::Seconds(20);
  bool follow_events = true;  // Off: Marathon is only polled.
  // How long to gather events before Marathon is listed again.
  absl::Duration gather = absl::Milliseconds(100);
};

class Discovery {
 public:
  // Reads the inventory, whose every error is returned; Marathon is first asked
  // after Start. `http` is for tests; nullptr: libcurl.
  static absl::StatusOr<std::unique_ptr<Discovery>> Create(
      DiscoveryOptions options, std::shared_ptr<HttpClient> http = nullptr);
  Discovery(const Discovery&) = delete;
  Discovery& operator=(const Discovery&) = delete;
  ~Discovery();  // Stops.

  void Start();
  void Stop();  // Ends what is under way; Snapshot goes on working.

  sunder::v1::Topology Snapshot() const;

  // Reads every source again and waits for it. The first source's error where
  // one failed (Snapshot then has its last good content), DEADLINE_EXCEEDED
  // with a detail where `deadline` came first, FAILED_PRECONDITION before Start
  // and after Stop.
  absl::Status Refresh(absl::Time deadline);

  // `listener` is called (in Discovery's thread) with each topology that
  // differs from the one before it. See listeners.h for what it may do.
  Subscription OnChange(Listeners<sunder::v1::Topology>::Function listener);

  // Each event about a task that Marathon sends, as it arrives. A hint only.
  Subscription OnTaskEvent(Listeners<TaskEvent>::Function listener);

  // nullptr where no Marathon is configured. Owned by this.
  MarathonClient* marathon() { return marathon_.get(); }

 private:
  Discovery(DiscoveryOptions options, std::unique_ptr<MarathonClient> marathon);
  void Run(const std::stop_token& stop);
  absl::Status ReadOnce(const std::stop_token& stop);
  absl::Status ReadInventoryOnce();
  absl::Status ReadMarathonOnce(const std::stop_token& stop);
  void Publish();
  void LookAgain();

  const DiscoveryOptions options_;
  const std::unique_ptr<MarathonClient> marathon_;
  // The source that a round of reading ends with, and may have to wait for.
  const std::string last_asked_;
  Listeners<sunder::v1::Topology> on_change_;
  Listeners<TaskEvent> on_task_event_;

  mutable absl::Mutex mutex_;
  Sources sources_ ABSL_GUARDED_BY(mutex_);
  sunder::v1::Topology topology_ ABSL_GUARDED_BY(mutex_);
  bool running_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool events_pending_ ABSL_GUARDED_BY(mutex_) = false;
  // Rounds of reading: a Refresh waits for a round that began after its call.
  int64_t asked_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t begun_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t finished_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status last_round_ ABSL_GUARDED_BY(mutex_);

  std::unique_ptr<MarathonEvents> events_;
  std::jthread thread_;  // Last: it uses the rest.
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_DISCOVERY_DISCOVERY_H_
