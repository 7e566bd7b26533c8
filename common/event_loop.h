// One thread that owns a state machine: it runs posted work in order, one
// timer, and callbacks of watched descriptors. Post and Stop may be called from
// any thread; everything else only from the loop's own thread or before Run.

#ifndef SUNDER_COMMON_EVENT_LOOP_H_
#define SUNDER_COMMON_EVENT_LOOP_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/instant.h"
#include "common/unique_fd.h"

namespace sunder {

class EventLoop {
 public:
  using Task = absl::AnyInvocable<void()>;

  static absl::StatusOr<std::unique_ptr<EventLoop>> Create();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void Post(Task task);

  // Runs `task` once at or after `at` (CLOCK_BOOTTIME), in place of the one set
  // before; nullopt: never.
  void SetTimer(std::optional<BootInstant> at, Task task);

  // Runs `on_readable` whenever `fd` is readable. The caller owns `fd`, and
  // keeps it open until Unwatch.
  absl::Status Watch(int fd, Task on_readable);
  void Unwatch(int fd);

  // Returns once Stop's turn has come: behind all that was posted before it. Or
  // with the error that made waiting impossible.
  absl::Status Run();
  void Stop();

 private:
  EventLoop(UniqueFd epoll, UniqueFd wake, UniqueFd timer);
  void RunPosted();
  void RunTimer();

  const UniqueFd epoll_, wake_, timer_;
  std::map<int, Task> watched_;
  Task on_timer_;
  absl::Mutex mutex_;
  std::vector<Task> posted_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ = false;
};

}  // namespace sunder

#endif  // SUNDER_COMMON_EVENT_LOOP_H_
