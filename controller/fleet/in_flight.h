// What gRPC still works on for us: calls and streams whose callbacks use our
// objects. Thread-safe. Whoever owns it ends by CancelAndWait; afterwards no
// callback comes any more.

#ifndef SUNDER_CONTROLLER_FLEET_IN_FLIGHT_H_
#define SUNDER_CONTROLLER_FLEET_IN_FLIGHT_H_

#include <cstdint>
#include <functional>
#include <map>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace sunder::controller {

class InFlight {
 public:
  using Key = uint64_t;

  // `cancel` hastens the end. It owns what it uses: it may run in any thread,
  // also a little after End.
  Key Begin(const std::function<void()>& cancel);
  void End(Key key);

  void CancelAndWait();

 private:
  absl::Mutex mutex_;
  Key last_key_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<Key, std::function<void()>> cancels_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_FLEET_IN_FLIGHT_H_
