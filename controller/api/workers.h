// A few threads for what blocks or computes long, so that neither the loop nor
// gRPC's threads wait. Bounded: more than the queue holds is refused at once.
// Thread-safe.

#ifndef SUNDER_CONTROLLER_API_WORKERS_H_
#define SUNDER_CONTROLLER_API_WORKERS_H_

#include <cstddef>
#include <deque>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace sunder::controller {

class Workers {
 public:
  // `stop` is asked for when the workers are told to end: hurry then.
  using Task = absl::AnyInvocable<void(const std::stop_token& stop)>;

  // `what` they do ("kills"), for the error of a full queue.
  Workers(std::string what, int threads, size_t max_queued);
  // Every task that was taken has run when this returns.
  ~Workers();

  // With one thread tasks run in their order. RESOURCE_EXHAUSTED: not taken.
  absl::Status Submit(Task task);
  // Begins to end: what is queued still runs, nothing more is taken.
  void Stop();

 private:
  void Run();

  const std::string what_;
  const size_t max_queued_;
  std::stop_source stop_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<Task> queue_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::jthread> threads_;  // Last: they use the rest.
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_API_WORKERS_H_
