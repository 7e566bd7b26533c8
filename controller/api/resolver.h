// Addresses of names, looked up in bounded time whatever the resolver of this
// machine does: getaddrinfo itself may take half a minute.

#ifndef SUNDER_CONTROLLER_API_RESOLVER_H_
#define SUNDER_CONTROLLER_API_RESOLVER_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace sunder::controller {

// By getaddrinfo: every address, IPv4 and IPv6, in canonical form. Blocks.
absl::StatusOr<std::vector<std::string>> SystemLookUp(const std::string& name);

// Thread-safe.
class Resolver {
 public:
  using Addresses = absl::StatusOr<std::vector<std::string>>;
  using LookUp = std::function<Addresses(const std::string& name)>;

  explicit Resolver(LookUp look_up = SystemLookUp,
                    absl::Duration timeout = absl::Seconds(2));

  // BLOCKS until the answer is there or the timeout has passed
  // (DEADLINE_EXCEEDED). A look-up that takes longer goes on in a thread of its
  // own, one for each name at most, that nobody waits for at the end.
  Addresses Resolve(const std::string& name);

 private:
  struct Query {
    absl::Mutex mutex;
    bool done ABSL_GUARDED_BY(mutex) = false;
    Addresses answer ABSL_GUARDED_BY(mutex);
  };
  std::shared_ptr<Query> QueryOf(const std::string& name);

  const LookUp look_up_;
  const absl::Duration timeout_;
  absl::Mutex mutex_;
  std::map<std::string, std::shared_ptr<Query>> queries_
      ABSL_GUARDED_BY(mutex_);  // The newest of each name.
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_API_RESOLVER_H_
