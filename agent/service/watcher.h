// One Watch stream. The loop thread pushes, gRPC writes; each Watcher is
// shared with gRPC's threads and guarded by its own lock. A watcher that does
// not read fast enough is disconnected: it asks again and gets everything anew.

#ifndef SUNDER_AGENT_SERVICE_WATCHER_H_
#define SUNDER_AGENT_SERVICE_WATCHER_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/support/server_callback.h"
#include "sunder/agent/v1/agent.pb.h"

namespace sunder::agent {

class Watcher : public grpc::ServerWriteReactor<v1::WatchResponse> {
 public:
  // Made by Make alone: it owns itself until gRPC is done with it.
  static std::shared_ptr<Watcher> Make(
      std::function<void(std::shared_ptr<Watcher>)> on_done);

  void Push(const v1::WatchResponse& response);
  void Close(const grpc::Status& status);  // What is queued is lost.

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  void FinishOnce(const grpc::Status& status)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::shared_ptr<Watcher> self_;
  std::function<void(std::shared_ptr<Watcher>)> on_done_;
  absl::Mutex mutex_;
  std::deque<v1::WatchResponse> queue_ ABSL_GUARDED_BY(mutex_);
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

// More than every fault and tombstone that an agent can hold.
inline constexpr size_t kMostQueuedResponses = 2048;

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_SERVICE_WATCHER_H_
