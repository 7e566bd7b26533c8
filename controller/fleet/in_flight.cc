#include "controller/fleet/in_flight.h"

#include <utility>
#include <vector>

namespace sunder::controller {

InFlight::Key InFlight::Begin(const std::function<void()>& cancel) {
  Key key = 0;
  bool closed = false;
  {
    absl::MutexLock lock(&mutex_);
    key = ++last_key_;
    closed = closed_;
    cancels_.emplace(key, cancel);
  }
  if (closed) cancel();
  return key;
}

void InFlight::End(Key key) {
  // What the function owns goes after the lock: this may be gone by then.
  decltype(cancels_)::node_type ended;
  absl::MutexLock lock(&mutex_);
  ended = cancels_.extract(key);
}

void InFlight::CancelAndWait() {
  std::vector<std::function<void()>> cancels;
  {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
    for (const auto& [key, cancel] : cancels_) cancels.push_back(cancel);
  }
  for (const auto& cancel : cancels) cancel();
  const auto none = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return cancels_.empty();
  };
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(&none));
}

}  // namespace sunder::controller
