// Tells the thread sanitizer what Abseil's locks do. Debian's libabsl is not
// built with it, so every access under an absl::Mutex would look like a race.
// These definitions come before the library's, call them, and annotate; between
// pre_lock and post_lock the sanitizer looks away, and so at conditions, which
// whoever holds the lock evaluates for the others. Linked into tests of the
// tsan preset only.

#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

extern "C" void __tsan_acquire(void* address);
extern "C" void __tsan_release(void* address);

namespace {

template <typename Function>
Function* Next(const char* mangled) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, mangled));
}

// The library's own definition of the member function that is being replaced.
#define LIBRARY(type, mangled) \
  static auto* const library = Next<type>("_ZN4absl7debian3" mangled)
#define LIBRARY_CONST(type, mangled) \
  static auto* const library = Next<type>("_ZNK4absl7debian3" mangled)

// Abseil's functions call each other through these definitions, too.
thread_local bool inside = false;

class Outermost {
 public:
  Outermost() : is_(!inside) { inside = true; }
  ~Outermost() {
    if (is_) inside = false;
  }
  explicit operator bool() const { return is_; }

 private:
  const bool is_;
};

template <typename Call>
void Locking(void* mutex, Call call) {
  const Outermost outermost;
  if (outermost) __tsan_mutex_pre_lock(mutex, 0);
  call();
  if (outermost) __tsan_mutex_post_lock(mutex, 0, 0);
}

template <typename Call>
void Unlocking(void* mutex, Call call) {
  const Outermost outermost;
  if (outermost) __tsan_mutex_pre_unlock(mutex, 0);
  call();
  if (outermost) __tsan_mutex_post_unlock(mutex, 0);
}

// Lets go of the lock, waits, and takes it again.
template <typename Call>
void Waiting(void* mutex, Call call) {
  Unlocking(mutex, [] {});
  Locking(mutex, call);
}

}  // namespace

namespace absl {
ABSL_NAMESPACE_BEGIN

using Wait = void(const Mutex*, const Condition&);
using TimedWait = bool(const Mutex*, const Condition&, Duration);
using WaitUntil = bool(const Mutex*, const Condition&, Time);

void Mutex::Lock() {
  LIBRARY(void(Mutex*), "5Mutex4LockEv");
  Locking(this, [&] { library(this); });
}

void Mutex::Unlock() {
  LIBRARY(void(Mutex*), "5Mutex6UnlockEv");
  Unlocking(this, [&] { library(this); });
}

void Mutex::LockWhen(const Condition& condition) {
  LIBRARY(Wait, "5Mutex8LockWhenERKNS0_9ConditionE");
  Locking(this, [&] { library(this, condition); });
}

void Mutex::Await(const Condition& condition) {
  LIBRARY(Wait, "5Mutex5AwaitERKNS0_9ConditionE");
  Waiting(this, [&] { library(this, condition); });
}

bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  LIBRARY(TimedWait,
          "5Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE");
  bool met = false;
  Waiting(this, [&] { met = library(this, condition, timeout); });
  return met;
}

bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  LIBRARY(WaitUntil, "5Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  bool met = false;
  Waiting(this, [&] { met = library(this, condition, deadline); });
  return met;
}

void Notification::Notify() {
  LIBRARY(void(Notification*), "12Notification6NotifyEv");
  __tsan_release(this);
  const Outermost outermost;  // Its own lock is no concern of the sanitizer.
  library(this);
}

void Notification::WaitForNotification() const {
  LIBRARY_CONST(void(const Notification*),
                "12Notification19WaitForNotificationEv");
  const Outermost outermost;
  library(this);
  __tsan_acquire(const_cast<Notification*>(this));
}

bool Notification::WaitForNotificationWithTimeout(Duration timeout) const {
  LIBRARY_CONST(
      bool(const Notification*, Duration),
      "12Notification30WaitForNotificationWithTimeoutENS0_8DurationE");
  const Outermost outermost;
  const bool notified = library(this, timeout);
  __tsan_acquire(const_cast<Notification*>(this));
  return notified;
}

ABSL_NAMESPACE_END
}  // namespace absl
