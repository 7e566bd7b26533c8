#include "common/event_loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "common/errno_status.h"

namespace sunder {
namespace {

absl::Status AddReadable(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
    return ErrnoStatus(errno, "epoll_ctl add");
  }
  return absl::OkStatus();
}

// Resets an eventfd or timerfd to not readable.
void Drain(int fd) {
  uint64_t count = 0;
  while (read(fd, &count, sizeof count) < 0 && errno == EINTR) {
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventLoop>> EventLoop::Create() {
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return ErrnoStatus(errno, "epoll_create1");
  UniqueFd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return ErrnoStatus(errno, "eventfd");
  UniqueFd timer(timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!timer.valid()) return ErrnoStatus(errno, "timerfd_create");
  for (int fd : {wake.get(), timer.get()}) {
    if (absl::Status s = AddReadable(epoll.get(), fd); !s.ok()) return s;
  }
  return std::unique_ptr<EventLoop>(
      new EventLoop(std::move(epoll), std::move(wake), std::move(timer)));
}

EventLoop::EventLoop(UniqueFd epoll, UniqueFd wake, UniqueFd timer)
    : epoll_(std::move(epoll)),
      wake_(std::move(wake)),
      timer_(std::move(timer)) {}

void EventLoop::Post(Task task) {
  {
    absl::MutexLock lock(&mutex_);
    posted_.push_back(std::move(task));
  }
  const uint64_t one = 1;
  // Fails only when the counter is full, and then the loop is awake anyway.
  while (write(wake_.get(), &one, sizeof one) < 0 && errno == EINTR) {
  }
}

void EventLoop::Stop() {
  Post([this] { stopped_ = true; });
}

void EventLoop::SetTimer(std::optional<BootInstant> at, Task task) {
  on_timer_ = at ? std::move(task) : Task();
  itimerspec spec{};
  if (at) {
    // An all-zero value would disarm the timer.
    const int64_t ns = std::max<int64_t>(at->nanos(), 1);
    spec.it_value.tv_sec = ns / 1'000'000'000;
    spec.it_value.tv_nsec = ns % 1'000'000'000;
  }
  timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
}

absl::Status EventLoop::Watch(int fd, Task on_readable) {
  if (absl::Status s = AddReadable(epoll_.get(), fd); !s.ok()) return s;
  watched_[fd] = std::move(on_readable);
  return absl::OkStatus();
}

void EventLoop::Unwatch(int fd) {
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  watched_.erase(fd);
}

void EventLoop::RunPosted() {
  Drain(wake_.get());
  std::vector<Task> tasks;
  {
    absl::MutexLock lock(&mutex_);
    tasks.swap(posted_);
  }
  for (Task& task : tasks) task();
}

void EventLoop::RunTimer() {
  Drain(timer_.get());
  // The task may set the timer again.
  if (Task task = std::exchange(on_timer_, Task())) task();
}

absl::Status EventLoop::Run() {
  std::array<epoll_event, 16> events;
  while (!stopped_) {
    const int n = epoll_wait(epoll_.get(), events.data(), events.size(), -1);
    if (n < 0 && errno != EINTR) return ErrnoStatus(errno, "epoll_wait");
    for (int i = 0; i < n; ++i) {
      const int fd = events[i].data.fd;
      if (fd == wake_.get()) {
        RunPosted();
      } else if (fd == timer_.get()) {
        RunTimer();
      } else if (auto it = watched_.find(fd); it != watched_.end()) {
        it->second();
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace sunder
