// Those who want to be told. Notify, Add and the end of a Subscription may
// happen in any thread at once; when a Subscription has ended, its function no
// longer runs. A function must be brief, and must neither Add nor end a
// Subscription of the same Listeners. The Listeners outlive their
// Subscriptions.

#ifndef SUNDER_CONTROLLER_DISCOVERY_LISTENERS_H_
#define SUNDER_CONTROLLER_DISCOVERY_LISTENERS_H_

#include <functional>
#include <map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace sunder::controller {

// Ends what it stands for when it goes.
class Subscription {
 public:
  Subscription() = default;
  explicit Subscription(std::function<void()> end) : end_(std::move(end)) {}
  Subscription(Subscription&& other) noexcept
      : end_(std::exchange(other.end_, nullptr)) {}
  Subscription& operator=(Subscription&& other) noexcept {
    if (this != &other) {
      Reset();
      end_ = std::exchange(other.end_, nullptr);
    }
    return *this;
  }
  ~Subscription() { Reset(); }

  void Reset() {
    if (end_) std::exchange(end_, nullptr)();
  }

 private:
  std::function<void()> end_;
};

template <typename Value>
class Listeners {
 public:
  using Function = std::function<void(const Value&)>;

  Subscription Add(Function function) {
    absl::MutexLock lock(&mutex_);
    const int id = next_++;
    functions_[id] = std::move(function);
    return Subscription([this, id] {
      absl::MutexLock end_lock(&mutex_);
      functions_.erase(id);
    });
  }

  void Notify(const Value& value) {
    absl::MutexLock lock(&mutex_);
    for (const auto& [id, function] : functions_) function(value);
  }

 private:
  absl::Mutex mutex_;
  int next_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<int, Function> functions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_DISCOVERY_LISTENERS_H_
